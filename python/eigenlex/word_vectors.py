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

import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _eigenlex
from ._checks import flag, integer, listed, real
from ._vectors import HeldVectors, Key, KeyOrVector, unit
from .errors import ParameterError
from .progress import Listener
from .tables import Neighbor, Table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["WordVectors"]

#: gensim's, which keeps quotients finite.
_EPSILON = 1e-6


class WordVectors(HeldVectors):
    """Words and their vectors.

    ``Model.wv`` has those of a model, :meth:`load` reads a file of any known format,
    :meth:`from_arrays` takes an array. The names are those of gensim's ``KeyedVectors``.
    """

    def most_similar(
        self,
        positive: KeyOrVector | Iterable[KeyOrVector] | None = None,
        negative: KeyOrVector | Iterable[KeyOrVector] | None = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
        restrict_to: Iterable[str] | None = None,
    ) -> Any:
        """The words nearest to the mean of some, minus others.

        Args:
            positive: A word, a vector, or a list of these.
            negative: What is subtracted. In both lists a pair is a word with its weight, which is
                below 0 for what is subtracted, as gensim has it.
            topn: How many answers; ``None`` returns the similarity of every word, as an array.
            clip_start, clip_end: Answers from this range of positions alone, counted as in a slice;
                an end of 0 is that of the vocabulary.
            restrict_vocab: Answers among the first words alone; 0 means all, and a number below 0
                leaves out so many of the last.
            indexer: An object with a method ``most_similar(vector, topn)``, which is asked instead,
                among all words.
            restrict_to: Answers among these words alone.

        Returns:
            Pairs of a word and its similarity, best first.
        """
        items, weights = self._terms(positive, negative)
        if topn is not None and integer("topn", topn) < 1:
            return Table(Neighbor)
        among = self._among(clip_start, clip_end, restrict_vocab, restrict_to)
        mean = self.get_mean_vector(
            items, weights, pre_normalize=True, post_normalize=True, ignore_missing=False
        )
        if topn is None:
            cosines = self._held.cosines(mean)
            return cosines if among is None else cosines[among]
        if indexer is not None:
            if among is not None:
                raise ParameterError(
                    "indexer is given, expected None with answers among some words"
                )
            return indexer.most_similar(mean, topn)
        asked = [self.get_index(it) for it in items if isinstance(it, (str, int, np.integer))]
        return Table(Neighbor, self._held.nearest(mean, topn, asked, among))

    def _terms(self, positive: Any, negative: Any) -> tuple[list[Any], list[float]]:
        """The items of a question, with their weights."""
        items: list[Any] = []
        weights: list[float] = []
        for name, given, sign in (("positive", positive, 1.0), ("negative", negative, -1.0)):
            for item in self._listed(name, given):
                if isinstance(item, tuple) and len(item) == 2 and not isinstance(item[1], str):
                    items.append(item[0])
                    weights.append(real("the weight of a word", item[1]))
                else:
                    items.append(item)
                    weights.append(sign)
        if not items:
            raise ParameterError(
                "there is no word to compare with\nhint: give `positive` or `negative`"
            )
        return items, weights

    @staticmethod
    def _listed(name: str, given: Any) -> list[Any]:
        if given is None:
            return []
        is_one = isinstance(given, (str, int, np.integer)) or (
            isinstance(given, np.ndarray) and given.ndim == 1 and given.dtype.kind in "fiu"
        )
        return [given] if is_one else listed(name, given, "words or vectors")

    def _among(
        self,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        restrict_to: Iterable[str] | None = None,
    ) -> list[int] | None:
        """The positions of the words that may be answers; ``None`` means all. The numbers are read
        as gensim reads them: an end of 0 is none, one below 0 is counted from the last word."""
        start, stop = integer("clip_start", clip_start), integer("clip_end", clip_end or 0)
        if restrict_vocab is not None and integer("restrict_vocab", restrict_vocab):
            start, stop = 0, restrict_vocab
        places = range(len(self))[start : stop or None]
        if restrict_to is not None:
            return [
                it for it in map(self.get_index, listed("restrict_to", restrict_to)) if it in places
            ]
        return None if len(places) == len(self) else list(places)

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
        if topn is not None and integer("topn", topn) < 1:
            return Table(Neighbor)
        among = self._among(0, None, restrict_vocab, restrict_to)
        score = np.ones(len(self))
        below = np.ones(len(self))
        for item, weight in zip(items, weights, strict=True):
            vector = self._vector_of(item).astype(np.float32)
            similar = (1.0 + self._held.cosines(vector).astype(np.float64)) / 2.0
            if weight > 0:
                score *= similar
            else:
                below *= similar
        score /= below + _EPSILON
        if topn is None:
            return score if among is None else score[among]
        asked = {self.get_index(it) for it in items if isinstance(it, (str, int, np.integer))}
        places = np.arange(len(self)) if among is None else np.array(among, dtype=np.int64)
        order = places[np.argsort(-score[places], kind="stable")]
        best = [int(it) for it in order[: topn + len(asked)] if int(it) not in asked][:topn]
        return Table(Neighbor, ((self._held.word(it), float(score[it])) for it in best))

    def similarity(self, w1: Key, w2: Key) -> float:
        """The cosine of the vectors of two words, from -1 to 1."""
        if isinstance(w1, str) and isinstance(w2, str):
            return self._held.similarity(w1, w2, False)
        left, right = (unit(self.get_vector(it).astype(np.float64)) for it in (w1, w2))
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
        others = [self.get_index(it) for it in listed("other_words", other_words)]
        return found[others] if others else found

    @staticmethod
    def cosine_similarities(vector_1: ArrayLike, vectors_all: ArrayLike) -> NDArray[Any]:
        """The cosine of one vector to each row of an array; 0 where a vector is zero."""
        one, rows = np.asarray(vector_1), np.asarray(vectors_all)
        if one.ndim != 1 or rows.ndim != 2 or rows.shape[1] != len(one):
            raise ParameterError(
                f"vector_1 has the shape {one.shape} and vectors_all {rows.shape}, expected a "
                "vector and rows of its length"
            )
        if one.dtype.kind not in "fiu" or rows.dtype.kind not in "fiu":
            raise ParameterError(
                f"vector_1 is of type {one.dtype} and vectors_all of type {rows.dtype}, expected "
                "real numbers"
            )
        lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(one)
        products = rows @ one
        found: NDArray[Any] = np.divide(
            products, lengths, out=np.zeros_like(lengths), where=lengths > 0
        )
        return found

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """The similarity of two words, divided by the sum of those of the ``topn`` words nearest to
        the first (Leeuwenberg et al. 2016)."""
        nearest = self.similar_by_word(wa, topn)
        if not nearest:
            raise ParameterError(f"topn is {topn}, expected at least 1")
        total: float = sum(it.similarity for it in nearest)
        return self.similarity(wa, wb) / total

    def wmdistance(
        self, document1: Iterable[str], document2: Iterable[str], norm: bool = True
    ) -> float:
        """The Word Mover's Distance of two documents (Kusner et al. 2015): the least sum of
        Euclidean distances that the words of one have to travel to become those of the other.

        >>> import eigenlex
        >>> wv = eigenlex.WordVectors.from_arrays(["a", "b", "c"], [[3, 0], [0, 4], [0, 1]])
        >>> wv.wmdistance(["a", "c"], ["b", "a"], norm=False)
        1.5

        Args:
            document1, document2: Lists of words; unknown ones are left out.
            norm: Whether the vectors are taken at length 1.

        Returns:
            The distance, for a mass of 1; infinity if a document has no known word.
        """
        counts = []
        for name, document in (("document1", document1), ("document2", document2)):
            places = (self._find(it) for it in listed(name, document) if isinstance(it, str))
            counts.append(Counter(it for it in places if it is not None))
        if not all(counts):
            return math.inf
        rows = [self.vectors[list(it)].astype(np.float64) for it in counts]
        if flag("norm", norm):
            rows = [np.array([unit(it) for it in side]) for side in rows]
        costs = np.array([np.linalg.norm(rows[1] - it, axis=1) for it in rows[0]])
        # Whole numbers make the plan exact: each document has the mass of both lengths' multiple.
        lengths = [sum(it.values()) for it in counts]
        mass = math.lcm(*lengths)
        supplies, demands = (
            [n * (mass // length) for n in it.values()]
            for it, length in zip(counts, lengths, strict=True)
        )
        return _eigenlex.transport(costs, supplies, demands, Listener()) / mass

    def n_similarity(self, ws1: Sequence[Key], ws2: Sequence[Key]) -> float:
        """The cosine of the means of two sets of words."""
        means = [
            self.get_mean_vector(
                listed(name, it), pre_normalize=False, ignore_missing=False
            ).astype(np.float64)
            for name, it in (("ws1", ws1), ("ws2", ws2))
        ]
        return float(unit(means[0]) @ unit(means[1]))

    def doesnt_match(self, words: Iterable[Key]) -> str:
        """The word of a list that is least like the others."""
        return str(self.rank_by_centrality(words)[-1][1])

    def rank_by_centrality(
        self, words: Iterable[Key], use_norm: bool = True
    ) -> list[tuple[float, str]]:
        """Words with their similarity to the mean of all, the most central first; without
        ``use_norm`` the products of their vectors with that of the mean."""
        given = listed("words", words)
        if not given:
            raise ParameterError("words is empty, expected at least one word")
        norm = flag("use_norm", use_norm)
        rows = [self.get_vector(it, norm=norm).astype(np.float64) for it in given]
        mean = self.get_mean_vector(rows, post_normalize=True)
        scored = [(float(row @ mean), str(it)) for row, it in zip(rows, given, strict=True)]
        return sorted(scored, reverse=True)

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """The word of a list that is most similar to one."""
        given: list[Key] = listed("keys_list", keys_list)
        if not given:
            raise ParameterError("keys_list is empty, expected at least one word")
        return given[int(np.argmax([self.similarity(key1, it) for it in given]))]

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
