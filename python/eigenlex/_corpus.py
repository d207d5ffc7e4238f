"""What a person calls a corpus, as paths or as texts in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Set
from typing import Any, Union

from . import _eigenlex
from .errors import MissingFileError, ParameterError

#: A path, several paths, an iterable of texts or of lists of tokens, or a column of a table.
Corpus = Union[str, "os.PathLike[str]", Iterable[Any]]


class Held:
    """Texts in memory: strings of a list of them are never paths."""

    def __init__(self, texts: Any) -> None:
        self.texts = texts


#: Longer strings are no paths.
_LONGEST_PATH = 255
#: Strings of a list that are looked at.
_LOOKED_AT = 1000


def find(corpus: Any, name: str = "corpus") -> tuple[list[str], _eigenlex.Texts | None]:
    """The paths, or the texts, of a corpus."""
    is_held = isinstance(corpus, Held)
    if isinstance(corpus, str) and " " in corpus and not _may_be_there(corpus):
        raise MissingFileError(
            f"cannot read `{corpus[:60]}`: there is no such file\n"
            "hint: a single string is a path; give a list for texts: [text]"
        )
    if isinstance(corpus, Held):
        corpus = corpus.texts
    elif isinstance(corpus, (str, os.PathLike)):
        return [os.fspath(corpus)], None
    # A set has another order in each process.
    unordered = (bytes, bytearray, Mapping, Set)
    if isinstance(corpus, unordered) or not _is_iterable(corpus):
        found = type(corpus).__name__
        raise TypeError(
            f"{name}: found {found}, expected a path, a list of paths, or an iterable of strings "
            "or of lists of strings"
        )
    columns = getattr(corpus, "columns", None)
    if columns is not None and not callable(columns):
        names = ", ".join(f"`{it}`" for it in list(columns)[:5])
        raise TypeError(
            f"{name}: found a table with the columns {names}, expected one column of it"
        )
    if isinstance(corpus, (list, tuple)) and not is_held:
        paths = _paths(corpus)
        if paths is not None:
            return paths, None
    if _has_arrow(corpus):
        try:
            return [], _eigenlex.Texts.from_arrow(corpus, "texts")
        except ImportError:
            # pandas hands out its columns by means of pyarrow, which need not be there.
            pass
    return [], _eigenlex.Texts.from_iterable(_without_missing(corpus), "texts")


def _without_missing(corpus: Any) -> Any:
    """A column of pandas with empty texts in place of missing values, as Arrow has them."""
    if not (hasattr(corpus, "isna") and hasattr(corpus, "astype")):
        return corpus
    return corpus.astype(object).where(~corpus.isna(), "")


def _is_iterable(corpus: object) -> bool:
    return isinstance(corpus, Iterable) or hasattr(corpus, "__arrow_c_stream__")


def _has_arrow(corpus: object) -> bool:
    if not (hasattr(corpus, "__arrow_c_stream__") or hasattr(corpus, "__arrow_c_array__")):
        return False
    # Columns of Python objects are strings already; of categories Arrow has the numbers.
    return str(getattr(corpus, "dtype", "")).lower() not in ("object", "category", "categorical")


def _may_be_there(path: str) -> bool:
    """Whether a string names a file, a file in an archive, or a pattern."""
    if any(sign in path for sign in "*?["):
        return True
    place = os.path.dirname(path)
    return len(path) < 4096 and (os.path.exists(path) or bool(place) and os.path.exists(place))


def _paths(items: list[Any] | tuple[Any, ...]) -> list[str] | None:
    """The items as paths, if they are some; a list of texts is none."""
    if any(isinstance(it, os.PathLike) for it in items):
        return [os.fspath(it) for it in items]
    looked_at = [it for it in items[:_LOOKED_AT] if isinstance(it, str)]
    if not looked_at:
        return None
    there = [it for it in looked_at if len(it) <= _LONGEST_PATH and os.path.exists(it)]
    if not there:
        return None
    missing = [it for it in items if not (isinstance(it, str) and os.path.exists(it))]
    if not missing:
        return list(items)
    shown = str(missing[0])[:60]
    raise ParameterError(
        f"corpus: `{there[0]}` is a path and `{shown}` is none, expected paths or texts alone\n"
        "hint: wrap paths in pathlib.Path, or give texts as an iterator: iter(texts)"
    )
