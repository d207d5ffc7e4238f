"""What a person calls a corpus, as paths or as texts in memory.

A string by itself is a path. Strings in a list are texts, and ``pathlib.Path`` objects are paths;
``paths=True`` and ``paths=False`` say it outright.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Set
from typing import Any, Union

from . import _checks, _eigenlex
from .errors import MissingFileError, ParameterError

#: A path, several paths, an iterable of texts or of lists of tokens, or a column of a table.
Corpus = Union[str, "os.PathLike[str]", Iterable[Any]]

#: Longer strings are no paths.
_LONGEST_PATH = 4096
#: Strings of a list that are looked at.
_LOOKED_AT = 1000

_HINT = "pathlib.Path objects or paths=True for files, paths=False for texts"


def find(
    corpus: Any, paths: bool | None = None, *, trains: bool = False, name: str = "corpus"
) -> tuple[list[str], _eigenlex.Texts | None]:
    """The paths, or the texts, of a corpus.

    Strings of a list of which most name files are refused where a model is made of them
    (``trains``), and taken for texts with a warning where they are asked about: a question may be
    the name of a file, the texts of a model are not.
    """
    paths = None if paths is None else _checks.flag("paths", paths)
    if isinstance(corpus, (str, os.PathLike)):
        return [_single(corpus, paths, name)], None
    _check(corpus, name, "a path, a list of paths, or ")
    if paths:
        return _all_paths(list(corpus), name), None
    if isinstance(corpus, (list, tuple)) and paths is None:
        if any(isinstance(it, os.PathLike) for it in corpus):
            return _all_paths(list(corpus), name), None
        _doubt(corpus, trains, name)
    return [], texts(corpus, name)


def texts(corpus: Any, name: str) -> _eigenlex.Texts:
    """The texts of an iterable or of a column, none of which is taken for a path."""
    if isinstance(corpus, (str, os.PathLike)):
        found = "a string" if isinstance(corpus, str) else "a path"
        raise TypeError(f"{name}: found {found}, expected an iterable of texts")
    _check(corpus, name)
    if _has_arrow(corpus):
        try:
            return _eigenlex.Texts.from_arrow(corpus, "texts")
        except ImportError:
            # pandas hands out its columns by means of pyarrow, which need not be there.
            pass
    return _eigenlex.Texts.from_iterable(_without_missing(corpus), "texts")


def _check(corpus: Any, name: str, expected: str = "") -> None:
    """Refuses what holds no texts."""
    # A set has another order in each process.
    unordered = (bytes, bytearray, Mapping, Set)
    if isinstance(corpus, unordered) or not _is_iterable(corpus):
        raise TypeError(
            f"{name}: found {type(corpus).__name__}, expected {expected}an iterable of strings or "
            "of lists of strings"
        )
    columns = getattr(corpus, "columns", None)
    if columns is not None and not callable(columns):
        names = ", ".join(f"`{it}`" for it in list(columns)[:5])
        raise TypeError(
            f"{name}: found a table with the columns {names}, expected one column of it"
        )


def _single(corpus: str | os.PathLike[str], paths: bool | None, name: str) -> str:
    path = os.fspath(corpus)
    if not isinstance(path, str):
        raise TypeError(f"{name}: found a path of bytes, expected a string or pathlib.Path")
    if paths is False:
        raise ParameterError(
            f"{name} is a single {'string' if isinstance(corpus, str) else 'path'} and paths is "
            "False, expected a list of texts\nhint: give a list: [text]"
        )
    if not path or "\0" in path:
        raise ParameterError(
            f"{name} is {path[:60]!r}, expected a path\n"
            "hint: a single string is a path; give a list for texts: [text]"
        )
    if isinstance(corpus, str) and not _may_be_there(path):
        error = MissingFileError(
            f"cannot read `{path[:60]}`: there is no such file\n"
            "hint: a single string is a path; give a list for texts: [text]"
        )
        error.path = path
        raise error
    return path


def _all_paths(items: list[Any], name: str) -> list[str]:
    for place, it in enumerate(items):
        if not isinstance(it, (str, os.PathLike)):
            raise TypeError(
                f"{name}, item {place}: found {type(it).__name__}, expected a path, as the others "
                f"are\nhint: give {_HINT}"
            )
        _single(it, True, f"{name}, item {place},")
    if not items:
        raise ParameterError(f"{name} is empty, expected at least one path")
    return [os.fspath(it) for it in items]


def _doubt(items: list[Any] | tuple[Any, ...], trains: bool, name: str) -> None:
    """Refuses strings that seem to be paths, or warns of them."""
    strings = [it for it in items[:_LOOKED_AT] if isinstance(it, str)]
    there = [it for it in strings if _is_there(it)]
    if not there or 2 * len(there) <= len(strings):
        return
    all_of = "the string" if len(strings) == 1 else f"{len(there)} of {len(strings)} strings"
    verb = "names a file" if len(there) == 1 else "name files"
    if trains:
        raise ParameterError(
            f"{name}: {all_of} of the list {verb}, such as `{there[0]}`; are they paths or texts?\n"
            f"hint: give {_HINT}"
        )
    warnings.warn(
        f"{name}: {all_of} of the list {verb}, such as `{there[0]}`, and strings of a list are "
        f"texts; give {_HINT}",
        # The caller of the method that calls `find`.
        stacklevel=4,
    )


def _is_there(path: str) -> bool:
    return 0 < len(path) <= _LONGEST_PATH and "\0" not in path and os.path.exists(path)


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
    return len(path) <= _LONGEST_PATH and (
        os.path.exists(path) or bool(place) and os.path.exists(place)
    )
