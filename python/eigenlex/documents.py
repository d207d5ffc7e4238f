"""Documents: searched, and grouped.

>>> import eigenlex
>>> model = eigenlex.embed("corpora/english.txt", recipe="documents", dim=20)
>>> index = model.index("corpora/english.txt")
>>> len(index.search("a king and a queen", topn=3))
3
>>> clusters = index.cluster(5)
>>> sum(it.size for it in clusters) == len(index)
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _eigenlex
from ._checks import LARGEST_SEED, string, whole
from .errors import DataError
from .progress import ProgressOption, listener
from .tables import Cluster, FoundDocument, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .model import Model

__all__ = ["Clusters", "DocumentIndex"]


class Clusters(Table[Cluster]):
    """Groups of documents: a row for each, with its words."""

    #: The cluster of each document; -1 for a document without a word of the model.
    labels: NDArray[np.int64]
    #: The sum of the squared distances of the codes, at length 1, to the means of their clusters.
    inertia: float
    #: Whether the iteration has reached a minimum.
    converged: bool

    def __reduce__(self) -> tuple[Any, ...]:
        return (_clusters, ([tuple(it) for it in self], self.labels, self.inertia, self.converged))


def _clusters(
    rows: list[tuple[Any, ...]], labels: NDArray[np.int64], inertia: float, converged: bool
) -> Clusters:
    found = Clusters(Cluster, rows)
    found.labels, found.inertia, found.converged = labels, inertia, converged
    return found


class DocumentIndex:
    """The codes of documents with their words. :meth:`Model.index` makes one."""

    def __init__(self, model: Model, codes: _eigenlex.Codes) -> None:
        self._model = model
        self._codes = codes

    def __len__(self) -> int:
        return len(self._codes)

    def __repr__(self) -> str:
        return f"<DocumentIndex: {len(self):,} documents of {self._model!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.documents:
            raise DataError("the index cannot be pickled: no document has a word of the model")
        return (_index, (self._model, self._codes.to_bytes(), len(self)))

    @property
    def codes(self) -> NDArray[np.float32]:
        """The codes of the documents that have one, a row each."""
        return self._codes.array()

    @property
    def documents(self) -> list[int]:
        """The numbers of these documents, from 0."""
        return self._codes.documents()

    def name(self, document: int) -> str:
        """The name of a document: ``FILE``, or ``FILE:N``."""
        return self._codes.name(whole("document", document, 0, len(self) - 1))

    def search(self, query: str, topn: int = 10) -> Table[FoundDocument]:
        """The documents that a query is about, best first."""
        found = self._model._held.search(
            self._codes, string("query", query), whole("topn", topn, 1)
        )
        return Table(FoundDocument, ((it[0], self.name(it[0]), *it[1:]) for it in found))

    def cluster(
        self,
        n_clusters: int,
        *,
        n_words: int = 10,
        seed: int = 42,
        progress: ProgressOption = None,
    ) -> Clusters:
        """Groups the documents by the directions of their codes (k-means).

        Args:
            n_clusters: How many groups.
            n_words: How many words are listed for each.
            seed: Of the random starts.
            progress: See :mod:`eigenlex.progress`.
        """
        import numpy as np

        hears = listener(progress)
        try:
            of_codes, words, inertia, converged = self._codes.cluster(
                whole("n_clusters", n_clusters, 1),
                whole("n_words", n_words),
                whole("seed", seed, 0, LARGEST_SEED),
                hears,
            )
        finally:
            hears.close()
        labels = np.full(len(self), -1, dtype=np.int64)
        labels[self.documents] = of_codes
        sizes = np.bincount(of_codes, minlength=n_clusters)
        rows = [(it, int(sizes[it]), words[it]) for it in range(n_clusters)]
        return _clusters(rows, labels, inertia, converged)


def _index(model: Model, content: bytes, n_documents: int) -> DocumentIndex:
    """An index that was pickled."""
    return DocumentIndex(model, _eigenlex.Codes.of_bytes(content, n_documents))
