"""Words and vectors, opened, written, and looked up."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar, Union

import numpy as np

from . import _eigenlex
from ._checks import finite_rows, flag, listed, numbers, path_of, string, whole
from ._keys import IndexToKey, KeyToIndex
from .errors import DataError, NotFoundError, ParameterError, UnknownWordError
from .progress import ProgressOption, listener

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float32]

#: A word, or its position.
Key = Union[str, int, "np.integer[Any]"]
#: The same, or a vector.
KeyOrVector = Any

Self = TypeVar("Self", bound="HeldVectors")


def unit(vector: NDArray[Any]) -> NDArray[Any]:
    """A vector at length 1; zero stays zero."""
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector


class HeldVectors:
    """Words and vectors: opened, written, looked up. :class:`WordVectors` asks the questions."""

    def __init__(self, held: _eigenlex.Held) -> None:
        self._held = held
        self._vectors: Floats | None = None
        self._norms: Floats | None = None
        # Where vectors in memory are written for a command of the program.
        self._copy: tuple[TemporaryDirectory[str], str] | None = None

    # Opening and writing.

    @classmethod
    def load(
        cls: type[Self],
        path: str | os.PathLike[str],
        *,
        limit: int | None = None,
        strict: bool = False,
        vocabulary: str | os.PathLike[str] | None = None,
        encoding: str | None = None,
        progress: ProgressOption = None,
    ) -> Self:
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
                    path_of("path", path),
                    None if limit is None else whole("limit", limit, 1),
                    flag("strict", strict),
                    None if vocabulary is None else path_of("vocabulary", vocabulary),
                    None if encoding is None else string("encoding", encoding),
                    hears,
                )
            )
        finally:
            hears.close()

    @classmethod
    def load_word2vec_format(
        cls: type[Self],
        fname: str | os.PathLike[str],
        fvocab: None = None,
        binary: bool | None = None,
        encoding: str | None = None,
        limit: int | None = None,
        no_header: bool | None = None,
    ) -> Self:
        """As :meth:`load`. The content shows whether a file is binary or has a header, so these
        arguments have no effect."""
        if fvocab is not None:
            raise ParameterError("fvocab is given, expected None: counts are not read from a file")
        utf8 = encoding is not None and encoding.lower().replace("-", "") == "utf8"
        return cls.load(fname, limit=limit, encoding=None if utf8 else encoding)

    @classmethod
    def from_arrays(cls: type[Self], words: Iterable[str], vectors: ArrayLike) -> Self:
        """Takes words and an array with a row for each.

        >>> import eigenlex
        >>> wv = eigenlex.WordVectors.from_arrays(["up", "right"], [[0.0, 1.0], [1.0, 0.0]])
        >>> wv["right"]
        array([1., 0.], dtype=float32)
        """
        names = [string(f"word {place}", it) for place, it in enumerate(listed("words", words))]
        if not names:
            raise ParameterError("words is empty, expected at least one word")
        return cls(_eigenlex.vectors_of_array(names, finite_rows("vectors", vectors)))

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
        name = None if format is None else string("format", format)
        self._held.write(path_of("path", path), name, flag("force", force))

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

    def fill_norms(self, force: bool = False) -> None:
        """Computes :attr:`norms` now, which otherwise happens when they are first asked for."""
        if flag("force", force) or self._norms is None:
            self._norms = self._held.lengths()

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
        if isinstance(key, (str, int, np.integer)) or not isinstance(key, Iterable):
            return self.get_vector(key)
        rows: Floats = self.vectors[[self.get_index(it) for it in key]]
        return rows

    def __repr__(self) -> str:
        return f"<WordVectors: {len(self):,} words of {self.vector_size} dimensions>"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return (
            np.array(self.vectors, dtype=dtype) if copy else np.asarray(self.vectors, dtype=dtype)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        if self._held.path is not None and not self._held.is_model:
            return (type(self).load, (self._held.path,))
        if self._held.is_model:
            from .model import Model

            return (of_model, (Model(self._held),))
        return (type(self).from_arrays, (list(self.index_to_key), np.array(self.vectors)))

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
            raise UnknownWordError(
                f"position {key} of {len(self)} words, expected one from 0 to {len(self) - 1}"
            )
        return default

    def has_index_for(self, key: str) -> bool:
        """Whether a word is in the vocabulary."""
        return key in self

    def get_vector(self, key: Key, norm: bool = False) -> Floats:
        """The vector of a word; with ``norm`` at length 1."""
        vector: Floats = self.vectors[self.get_index(key)]
        if not norm:
            return vector
        normed: Floats = unit(vector).astype(np.float32)
        return normed

    def get_normed_vectors(self) -> Floats:
        """All vectors at length 1: a copy."""
        lengths = self.norms[:, None]
        normed: Floats = np.divide(
            self.vectors, lengths, out=np.zeros_like(self.vectors), where=lengths > 0
        )
        return normed

    def guess(self, word: str) -> Floats:
        """The vector of a word; of an unknown word the one that its spelling predicts."""
        return self._held.guessed(string("word", word))

    def vectors_for_all(
        self: Self,
        keys: Iterable[str],
        allow_inference: bool = True,
        copy_vecattrs: bool = False,
    ) -> Self:
        """The vectors of these words as new word vectors, each word once. With ``allow_inference``
        unknown words have the vectors that their spelling predicts, where that is known; the others
        are left out."""
        if flag("copy_vecattrs", copy_vecattrs):
            raise ParameterError("copy_vecattrs is True, expected False: only models have counts")
        guesses = flag("allow_inference", allow_inference)
        found: dict[str, Floats] = {}
        for key in listed("keys", keys):
            place = self._held.exact_id(string("a key", key))
            if key in found:
                continue
            if place is not None:
                found[key] = self.vectors[place]
            elif guesses:
                try:
                    found[key] = self.guess(key)
                except (NotFoundError, DataError):
                    # No spelling is known, or not one that is like this.
                    pass
        if not found:
            raise NotFoundError("none of the words is known")
        return type(self).from_arrays(list(found), np.array(list(found.values())))

    def get_vecattr(self, key: Key, attr: str) -> int:
        """``count``, the number of tokens, or ``documents``, the number of documents of a word; for
        the words of a model."""
        index = self.get_index(key)
        if not self._held.is_model:
            raise ParameterError(f"attr is {attr!r}, expected a model: other vectors have none")
        if attr == "count":
            return int(self._held.counts()[index])
        if attr == "documents":
            return int(self._held.document_frequencies()[index])
        raise ParameterError(f"attr is {attr!r}, expected count or documents")

    def get_mean_vector(
        self,
        keys: Iterable[KeyOrVector],
        weights: ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Floats:
        """The weighted mean of the vectors of words. With ``pre_normalize`` these are at length 1
        first; vectors among the keys are taken as they are."""
        items = listed("keys", keys, "words or vectors")
        if not items:
            raise ParameterError("keys is empty, expected at least one word")
        factors = np.ones(len(items)) if weights is None else numbers("weights", weights)
        if factors.shape != (len(items),):
            raise ParameterError(
                f"weights has the shape {factors.shape}, expected {len(items)} numbers"
            )
        mean = np.zeros(self.vector_size)
        total = 0.0
        for item, factor in zip(items, factors, strict=True):
            if isinstance(item, str) and ignore_missing and item not in self:
                continue
            vector = self._vector_of(item).astype(np.float64)
            is_key = isinstance(item, (str, int, np.integer))
            mean += factor * (unit(vector) if pre_normalize and is_key else vector)
            total += abs(factor)
        mean = mean / total if total > 0 else mean
        found: Floats = (unit(mean) if post_normalize else mean).astype(np.float32)
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
        if not np.isfinite(vector).all():
            raise ParameterError("found a vector with NaN or infinity, expected finite numbers")
        return vector


def of_model(model: Any) -> Any:
    """The word vectors of a model that was pickled with them."""
    return model.wv
