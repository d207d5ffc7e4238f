"""Results with several rows: lists that pandas and Arrow read.

>>> from eigenlex.tables import Neighbor, Table
>>> found = Table(Neighbor, [("queen", 0.75), ("throne", 0.5)])
>>> found[0].word
'queen'
>>> [word for word, similarity in found]
['queen', 'throne']
>>> found.columns()
{'word': ['queen', 'throne'], 'similarity': [0.75, 0.5]}
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    import pandas
    import pyarrow

__all__ = [
    "Cluster",
    "Completion",
    "FoundDocument",
    "Neighbor",
    "Table",
    "Translation",
]


class Neighbor(NamedTuple):
    """A word and how similar it is."""

    word: str
    similarity: float


class Translation(NamedTuple):
    """A word of another language."""

    word: str
    #: The cosine in the common space, from -1 to 1.
    similarity: float
    #: The order of the answers, if it is that of CSLS.
    csls: float | None


class FoundDocument(NamedTuple):
    """A document that a query is about."""

    #: Its number, from 0.
    document: int
    #: Its name: ``FILE``, or ``FILE:N``.
    name: str
    #: The score, by which the answers are ordered.
    score: float
    #: The cosine of its code and that of the query, if both have one.
    similarity: float | None
    #: What found it: ``words``, ``meaning`` or ``both``.
    found_by: str


class Completion(NamedTuple):
    """A word that fits a text and does not occur in it."""

    word: str
    score: float


class Cluster(NamedTuple):
    """A group of documents."""

    #: Its number, from 0.
    cluster: int
    #: How many documents it has.
    size: int
    #: Its most characteristic words.
    words: list[str]


Row = TypeVar("Row", bound=tuple[Any, ...])


class Table(list[Row], Generic[Row]):
    """A list of named tuples, with the ways to tables."""

    def __init__(self, row: type[Row], rows: Iterable[Iterable[Any]] = ()) -> None:
        make: Any = row
        super().__init__(make(*it) for it in rows)
        self._row = row

    def __reduce__(self) -> tuple[Any, ...]:
        return (Table, (self._row, [tuple(it) for it in self]))

    @property
    def _names(self) -> tuple[str, ...]:
        row: Any = self._row
        names: tuple[str, ...] = row._fields
        return names

    def columns(self) -> dict[str, list[Any]]:
        """A list of values for each column."""
        return {name: [it[place] for it in self] for place, name in enumerate(self._names)}

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame. Needs pandas."""
        import pandas

        return pandas.DataFrame(self.columns(), columns=list(self._names))

    def to_arrow(self) -> pyarrow.Table:
        """An Arrow table. Needs pyarrow."""
        import pyarrow

        return pyarrow.table(self.columns())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        def cell(value: object) -> str:
            text = f"{value:.4f}" if isinstance(value, float) else str(value)
            return f"<td>{html.escape(text)}</td>"

        head = "".join(f"<th>{name}</th>" for name in self._names)
        rows = "".join(f"<tr>{''.join(map(cell, it))}</tr>" for it in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
