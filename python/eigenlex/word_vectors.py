"""Word vectors, by the names that gensim has for them.

>>> import eigenlex
>>> wv = eigenlex.embed("corpora/english.txt", dim=50).wv
>>> wv["king"].shape
(50,)
>>> "king" in wv, "quokka" in wv
(True, False)
>>> wv.most_similar(positive=["king", "woman"], negative=["man"], topn=1)[0][0]
'queen'
>>> wv.doesnt_match(["king", "queen", "oven"])
'oven'
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Union, overload

import numpy as np

from . import _eigenlex
from .errors import ParameterError
from .progress import ProgressOption, listener
from .tables import Neighbor, Table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float32]

__all__ = ["IndexToKey", "KeyToIndex", "WordVectors"]

#: A word, a position, or a vector; with a weight as a pair.
Key = Union[str, int, "np.integer[Any]"]
KeyOrVector = Any

#: gensim's, which keeps quotients finite.
_EPSILON = 1e-6


class IndexToKey(Sequence[str]):
    """The words in their order, most frequent first where the source knows that.

    A list that takes no memory: the words stay where they are.
    """

    def __init__(self, held: _eigenlex.Held) -> None:
        self._held = held

    def __len__(self) -> int:
        return self._held.n_words

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                return self._held.words(start, max(start, stop))
            return [self._held.word(it) for it in range(start, stop, step)]
        place = index.__index__()
        place += len(self) if place < 0 else 0
        if not 0 <= place < len(self):
            raise IndexError(f"position {index} of {len(self)} words")
        return self._held.word(place)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), 4096):
            yield from self._held.words(start, min(start + 4096, len(self)))

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._held.exact_id(word) is not None

    def index(self, word: str, start: int = 0, stop: int | None = None) -> int:
        place = self._held.exact_id(word)
        if place is None or not start <= place < (len(self) if stop is None else stop):
            raise ValueError(f"{word!r} is not in the list")
        return place

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (IndexToKey, list, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(x == y for x, y in zip(self, other))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (list, (list(self),))

    def __repr__(self) -> str:
        first = ", ".join(map(repr, self[:5]))
        return f"[{first}{', ...' if len(self) > 5 else ''}] ({len(self)} words)"


class KeyToIndex(Mapping[str, int]):
    """The position of each word: a dict that takes no memory."""

    def __init__(self, held: _eigenlex.Held) -> None:
        self._held = held

    def __len__(self) -> int:
        return self._held.n_words

    def __getitem__(self, word: str) -> int:
        place = self._held.exact_id(word) if isinstance(word, str) else None
        if place is None:
            raise KeyError(word)
        return place

    def __iter__(self) -> Iterator[str]:
        return iter(IndexToKey(self._held))

    def __reduce__(self) -> tuple[Any, ...]:
        return (dict, (list(self.items()),))

    def __repr__(self) -> str:
        first = ", ".join(f"{it!r}: {self[it]}" for it in self._held.words(0, min(5, len(self))))
        return f"{{{first}{', ...' if len(self) > 5 else ''}}} ({len(self)} words)"


def _unit(vector: NDArray[Any]) -> NDArray[Any]:
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector


class WordVectors:
    """Words and their vectors.

    ``Model.wv`` has those of a model, :meth:`load` reads a file of any known format,
    :meth:`from_arrays` takes an array. The names are those of gensim's ``KeyedVectors``.
    """

    def __init__(self, held: _eigenlex.Held) -> None:
        self._held = held
        self._vectors: Floats | None = None
        self._norms: Floats | None = None
        # Where vectors in memory are written for a command of the program.
        self._copy: TemporaryDirectory[str] | None = None

    # Opening and writing.

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        limit: int | None = None,
        strict: bool = False,
        vocabulary: str | os.PathLike[str] | None = None,
        encoding: str | None = None,
        progress: ProgressOption = None,
    ) -> WordVectors:
        """Reads a model's vectors, or a file in any known format.

        word2vec (text and binary), GloVe, fastText (``.vec``, ``.bin``, ``.ftz``), ``.npy``,
        ``.npz``, safetensors, finalfusion, model2vec, and the folders of TensorBoard's projector;
        also compressed. The content shows the format, not the name. Models, ``.safetensors`` and
        ``.npy`` files stay on the disk until their vectors are used.

        Args:
            path: The file or folder.
            limit: Reads only the first rows.
            strict: Refuses a file with faults. By default they are left out, and listed in
                ``faults``.
            vocabulary: The words of an array that has none.
            encoding: The encoding of a text.
            progress: See :mod:`eigenlex.progress`.
        """
        hears = listener(progress)
        try:
            return cls(
                _eigenlex.open_vectors(
                    os.fspath(path),
                    limit,
                    strict,
                    None if vocabulary is None else os.fspath(vocabulary),
                    encoding,
                    hears,
                )
            )
        finally:
            hears.close()

    @classmethod
    def load_word2vec_format(
        cls,
        fname: str | os.PathLike[str],
        fvocab: None = None,
        binary: bool | None = None,
        encoding: str | None = None,
        limit: int | None = None,
        no_header: bool | None = None,
    ) -> WordVectors:
        """As :meth:`load`. The content shows whether a file is binary or has a header, so these
        arguments have no effect."""
        if fvocab is not None:
            raise ParameterError("fvocab is given, expected None: counts are not read from a file")
        utf8 = encoding is not None and encoding.lower().replace("-", "") == "utf8"
        return cls.load(fname, limit=limit, encoding=None if utf8 else encoding)

    @classmethod
    def from_arrays(cls, words: Iterable[str], vectors: ArrayLike) -> WordVectors:
        """Takes words and an array with a row for each.

        >>> import eigenlex
        >>> wv = eigenlex.WordVectors.from_arrays(["up", "right"], [[0.0, 1.0], [1.0, 0.0]])
        >>> wv["right"]
        array([1., 0.], dtype=float32)
        """
        array = np.ascontiguousarray(vectors, dtype=np.float32)
        if array.ndim != 2:
            raise ParameterError(f"vectors: found {array.ndim} dimension(s), expected rows of numbers")
        return cls(_eigenlex.vectors_of_array(list(words), array))

    def save(
        self, path: str | os.PathLike[str], *, format: str | None = None, force: bool = False
    ) -> None:
        """Writes the vectors in the format that the extension names, or ``format``.

        Args:
            path: The file; ``.gz``, ``.zst``, ``.bz2`` and ``.xz`` compress it.
            format: ``word2vec``, ``word2vec-binary``, ``glove``, ``npy``, ``npz``,
                ``safetensors`` and others.
            force: Replaces a file that is there.
        """
        self._held.write(os.fspath(path), format, force)

    def save_word2vec_format(
        self,
        fname: str | os.PathLike[str],
        fvocab: None = None,
        binary: bool = False,
        write_header: bool = True,
        *,
        force: bool = False,
    ) -> None:
        """Writes the format of word2vec, or with ``write_header=False`` that of GloVe."""
        if fvocab is not None:
            raise ParameterError("fvocab is given, expected None: counts are not written to a file")
        if binary and not write_header:
            raise ParameterError("write_header is False, expected True with binary=True")
        name = "word2vec-binary" if binary else "word2vec" if write_header else "glove"
        self.save(fname, format=name, force=force)

    # What there is.

    @property
    def vectors(self) -> Floats:
        """All vectors, a row each: a read-only view of the memory, or of the mapped file."""
        if self._vectors is None:
            self._vectors = np.asarray(self._held.rows())
        return self._vectors

    @property
    def index_to_key(self) -> IndexToKey:
        """The words in their order."""
        return IndexToKey(self._held)

    @property
    def key_to_index(self) -> KeyToIndex:
        """The position of each word."""
        return KeyToIndex(self._held)

    @property
    def vector_size(self) -> int:
        """The number of dimensions."""
        return self._held.dim

    @property
    def norms(self) -> Floats:
        """The Euclidean length of each vector."""
        if self._norms is None:
            self._norms = self._held.lengths()
        return self._norms

    @property
    def faults(self) -> list[str]:
        """What is wrong with the file that was read, a sentence for each kind of fault."""
        return self._held.faults

    def digest(self) -> str:
        """SHA-256 of words and vectors, in hexadecimal: equal digests mean equal bits."""
        return self._held.digest()

    def __len__(self) -> int:
        return self._held.n_words

    def __contains__(self, key: object) -> bool:
        if isinstance(key, (int, np.integer)):
            return 0 <= int(key) < len(self)
        return isinstance(key, str) and self._find(key) is not None

    def __getitem__(self, key: Key | Sequence[Key]) -> Floats:
        if isinstance(key, (str, int, np.integer)):
            return self.get_vector(key)
        rows: Floats = self.vectors[[self.get_index(it) for it in key]]
        return rows

    def __repr__(self) -> str:
        return f"<WordVectors: {len(self):,} words of {self.vector_size} dimensions>"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.vectors, dtype=dtype) if copy else np.asarray(self.vectors, dtype=dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._held.path is not None and not self._held.is_model:
            return (WordVectors.load, (self._held.path,))
        if self._held.is_model:
            from .model import Model

            return (_of_model, (Model(self._held),))
        return (WordVectors.from_arrays, (list(self.index_to_key), np.array(self.vectors)))

    # Single words.

    def _find(self, word: str) -> int | None:
        try:
            return self._held.id(word)
        except KeyError:
            return None

    def get_index(self, key: Key, default: int | None = None) -> int:
        """The position of a word."""
        if isinstance(key, (int, np.integer)):
            if 0 <= int(key) < len(self):
                return int(key)
        elif isinstance(key, str):
            if default is None:
                return self._held.id(key)
            place = self._find(key)
            if place is not None:
                return place
        else:
            raise TypeError(f"key: found {type(key).__name__}, expected a word or a position")
        if default is None:
            raise KeyError(f"position {key} of {len(self)} words")
        return default

    def has_index_for(self, key: str) -> bool:
        """Whether a word is in the vocabulary."""
        return key in self

    def get_vector(self, key: Key, norm: bool = False) -> Floats:
        """The vector of a word; with ``norm`` at length 1."""
        vector: Floats = self.vectors[self.get_index(key)]
        if not norm:
            return vector
        unit: Floats = _unit(vector).astype(np.float32)
        return unit

    def get_normed_vectors(self) -> Floats:
        """All vectors at length 1: a copy."""
        lengths = self.norms[:, None]
        unit: Floats = np.divide(
            self.vectors, lengths, out=np.zeros_like(self.vectors), where=lengths > 0
        )
        return unit

    def guess(self, word: str) -> Floats:
        """The vector of a word; of an unknown word the one that its spelling predicts."""
        return self._held.guessed(word)

    def get_vecattr(self, key: Key, attr: str) -> int:
        """``count``, the number of tokens, or ``documents``, the number of documents of a word; for
        the words of a model."""
        index = self.get_index(key)
        if attr == "count":
            return int(self._held.counts()[index])
        if attr == "documents":
            return int(self._held.document_frequencies()[index])
        raise ParameterError(f"attr is `{attr}`, expected count or documents")

    def get_mean_vector(
        self,
        keys: Iterable[KeyOrVector],
        weights: ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Floats:
        """The weighted mean of the vectors of words."""
        items = list(keys)
        if not items:
            raise ParameterError("keys is empty, expected at least one word")
        factors = np.ones(len(items)) if weights is None else np.asarray(weights, dtype=np.float64)
        if len(factors) != len(items):
            raise ParameterError(f"weights has {len(factors)} numbers, expected {len(items)}")
        mean = np.zeros(self.vector_size)
        total = 0.0
        for item, factor in zip(items, factors):
            if isinstance(item, str) and ignore_missing and item not in self:
                continue
            vector = self._vector_of(item).astype(np.float64)
            mean += factor * (_unit(vector) if pre_normalize else vector)
            total += abs(factor)
        mean = mean / total if total > 0 else mean
        found: Floats = (_unit(mean) if post_normalize else mean).astype(np.float32)
        return found

    def _vector_of(self, item: KeyOrVector) -> NDArray[Any]:
        if isinstance(item, (str, int, np.integer)):
            return self.get_vector(item)
        vector = np.asarray(item)
        if vector.shape != (self.vector_size,) or vector.dtype.kind not in "fiu":
            raise ParameterError(
                f"found {type(item).__name__} of shape {vector.shape}, expected a word, a position "
                f"or a vector of {self.vector_size} numbers"
            )
        return vector

    # Questions.

    def most_similar(
        self,
        positive: KeyOrVector | Iterable[KeyOrVector] | None = None,
        negative: KeyOrVector | Iterable[KeyOrVector] | None = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        restrict_to: Iterable[str] | None = None,
    ) -> Any:
        """The words nearest to the mean of some, minus others.

        Args:
            positive: A word, a vector, or a list of these.
            negative: What is subtracted. In both lists a pair is a word with its weight, which is
                below 0 for what is subtracted, as gensim has it.
            topn: How many answers; ``None`` returns the similarity of every word, as an array.
            clip_start, clip_end: Answers from this range of positions alone.
            restrict_vocab: Answers among the first words alone.
            restrict_to: Answers among these words alone.

        Returns:
            Pairs of a word and its similarity, best first.
        """
        items, weights = self._terms(positive, negative)
        if topn is not None and topn < 1:
            return Table(Neighbor)
        mean = self.get_mean_vector(
            items, weights, pre_normalize=True, post_normalize=True, ignore_missing=False
        )
        if topn is None:
            stop = clip_end if restrict_vocab is None else restrict_vocab
            return self._held.cosines(mean)[clip_start:stop]
        asked = [self.get_index(it) for it in items if isinstance(it, (str, int, np.integer))]
        among = self._among(clip_start, clip_end, restrict_vocab, restrict_to)
        return Table(Neighbor, self._held.nearest(mean, topn, asked, among))

    def _terms(self, positive: Any, negative: Any) -> tuple[list[Any], list[float]]:
        """The items of a question, with their weights."""
        items: list[Any] = []
        weights: list[float] = []
        for given, sign in ((positive, 1.0), (negative, -1.0)):
            for item in self._listed(given):
                if isinstance(item, tuple) and len(item) == 2 and not isinstance(item[1], str):
                    items.append(item[0])
                    weights.append(float(item[1]))
                else:
                    items.append(item)
                    weights.append(sign)
        if not items:
            raise ParameterError("there is no word to compare with\nhint: give `positive` or `negative`")
        return items, weights

    @staticmethod
    def _listed(given: Any) -> list[Any]:
        if given is None:
            return []
        is_one = isinstance(given, (str, int, np.integer)) or (
            isinstance(given, np.ndarray) and given.ndim == 1 and given.dtype.kind in "fiu"
        )
        return [given] if is_one else list(given)

    def _among(
        self,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        restrict_to: Iterable[str] | None = None,
    ) -> list[int] | None:
        """The positions of the words that may be answers; ``None`` means all."""
        stop = clip_end if restrict_vocab is None else restrict_vocab
        stop = len(self) if stop is None else min(stop, len(self))
        if restrict_to is not None:
            if isinstance(restrict_to, str):
                raise TypeError("restrict_to: found a string, expected a list of words")
            places = [self.get_index(it) for it in restrict_to]
            return [it for it in places if clip_start <= it < stop]
        if clip_start <= 0 and stop >= len(self):
            return None
        return list(range(max(clip_start, 0), stop))

    def similar_by_word(
        self, word: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """The words nearest to one."""
        return self.most_similar(positive=[word], topn=topn, restrict_vocab=restrict_vocab)

    similar_by_key = similar_by_word

    def similar_by_vector(
        self, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """The words nearest to a vector."""
        return self.most_similar(
            positive=[np.asarray(vector)], topn=topn, restrict_vocab=restrict_vocab
        )

    def most_similar_cosmul(
        self,
        positive: KeyOrVector | Iterable[KeyOrVector] | None = None,
        negative: KeyOrVector | Iterable[KeyOrVector] | None = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        restrict_to: Iterable[str] | None = None,
    ) -> Any:
        """As :meth:`most_similar`, by the product of similarities (3CosMul of Levy & Goldberg 2014)
        with gensim's constant; :meth:`Model.math` has the constant of the paper."""
        items, weights = self._terms(positive, negative)
        if topn is not None and topn < 1:
            return Table(Neighbor)
        score = np.ones(len(self))
        below = np.ones(len(self))
        for item, weight in zip(items, weights):
            vector = self._vector_of(item).astype(np.float32)
            similar = (1.0 + self._held.cosines(vector).astype(np.float64)) / 2.0
            if weight > 0:
                score *= similar
            else:
                below *= similar
        score /= below + _EPSILON
        if topn is None:
            return score[:restrict_vocab]
        asked = {self.get_index(it) for it in items if isinstance(it, (str, int, np.integer))}
        among = self._among(0, None, restrict_vocab, restrict_to)
        places = np.arange(len(self)) if among is None else np.array(among, dtype=np.int64)
        order = places[np.argsort(-score[places], kind="stable")]
        best = [int(it) for it in order[: topn + len(asked)] if int(it) not in asked][:topn]
        return Table(Neighbor, ((self._held.word(it), float(score[it])) for it in best))

    def similarity(self, w1: Key, w2: Key) -> float:
        """The cosine of the vectors of two words, from -1 to 1."""
        if isinstance(w1, str) and isinstance(w2, str):
            return self._held.similarity(w1, w2, False)
        left, right = (_unit(self.get_vector(it).astype(np.float64)) for it in (w1, w2))
        return float(left @ right)

    def distance(self, w1: Key, w2: Key) -> float:
        """1 minus the similarity of two words."""
        return 1.0 - self.similarity(w1, w2)

    def distances(
        self, word_or_vector: KeyOrVector, other_words: Iterable[Key] = ()
    ) -> NDArray[np.float32]:
        """The distances from a word or a vector to other words, or to all."""
        vector = self._vector_of(word_or_vector).astype(np.float32)
        found: NDArray[np.float32] = 1.0 - self._held.cosines(vector)
        others = [self.get_index(it) for it in other_words]
        return found[others] if others else found

    def n_similarity(self, ws1: Sequence[Key], ws2: Sequence[Key]) -> float:
        """The cosine of the means of two sets of words."""
        means = [
            self.get_mean_vector(it, pre_normalize=False, ignore_missing=False).astype(np.float64)
            for it in (ws1, ws2)
        ]
        return float(_unit(means[0]) @ _unit(means[1]))

    def doesnt_match(self, words: Iterable[Key]) -> str:
        """The word of a list that is least like the others."""
        return str(self.rank_by_centrality(words)[-1][1])

    def rank_by_centrality(self, words: Iterable[Key]) -> list[tuple[float, str]]:
        """Words with their similarity to the mean of all, the most central first."""
        listed = list(words)
        if not listed:
            raise ParameterError("words is empty, expected at least one word")
        mean = self.get_mean_vector(listed, post_normalize=True, ignore_missing=False)
        units = [_unit(self.get_vector(it).astype(np.float64)) for it in listed]
        scored = [(float(unit @ mean), str(it)) for unit, it in zip(units, listed)]
        return sorted(scored, reverse=True)

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """The word of a list that is most similar to one."""
        return keys_list[int(np.argmax([self.similarity(key1, it) for it in keys_list]))]

    def closer_than(self, key1: Key, key2: Key) -> list[str]:
        """The words that are closer to the first word than the second is."""
        distances = self.distances(key1)
        own, limit = self.get_index(key1), distances[self.get_index(key2)]
        return [self._held.word(int(it)) for it in np.where(distances < limit)[0] if it != own]

    def rank(self, key1: Key, key2: Key) -> int:
        """The place of the second word among all by their distance from the first, from 1."""
        return len(self.closer_than(key1, key2)) + 1

    def evaluate_word_analogies(
        self,
        analogies: str | os.PathLike[str],
        restrict_vocab: int | None = 300_000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
    ) -> tuple[float, list[dict[str, Any]]]:
        """Scores questions such as ``athens greece rome italy``, as gensim does: the share of right
        answers, and for each section the right and the wrong ones. :func:`eigenlex.evaluate` has
        more tests, and also counts questions with unknown words."""
        from .evaluation import word_analogies

        return word_analogies(
            self, analogies, restrict_vocab, case_insensitive, dummy4unknown, similarity_function
        )

    def evaluate_word_pairs(
        self,
        pairs: str | os.PathLike[str],
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300_000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[tuple[float, float], tuple[float, float], float]:
        """Correlates similarities with scores of people, as gensim does: Pearson's and Spearman's
        correlation, each with its p-value, and the percentage of pairs with an unknown word. Needs
        SciPy."""
        from .evaluation import word_pairs

        return word_pairs(
            self, pairs, delimiter, encoding, restrict_vocab, case_insensitive, dummy4unknown
        )


def _of_model(model: Any) -> WordVectors:
    wv: WordVectors = model.wv
    return wv
