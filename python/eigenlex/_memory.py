"""Temporary folders of what is in memory, and how results speak of it: by its name alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from .errors import Error

_PREFIX = "eigenlex-memory-"

#: The path of such a folder, as it begins a string or stands in quotes.
_FOLDER = re.compile(rf"""[^`'"\n]*{_PREFIX}[^`'"/\\\n]+[/\\]""")

#: How often each name was given.
_GIVEN: Counter[str] = Counter()


def folder() -> TemporaryDirectory[str]:
    """A new folder, which goes with the last that holds it."""
    return TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)


def new_name(kind: str) -> str:
    """A name that nothing else in memory has: ``english``, then ``english-2`` and so on."""
    _GIVEN[kind] += 1
    return kind if _GIVEN[kind] == 1 else f"{kind}-{_GIVEN[kind]}"


def is_temporary(path: str) -> bool:
    """Whether a path is of something in memory, of this process or of another."""
    return _FOLDER.match(path) is not None


def named(value: Any) -> Any:
    """A value with names in place of the paths of temporary folders."""
    if isinstance(value, str):
        return _FOLDER.sub("", value)
    if isinstance(value, dict):
        return {key: named(it) for key, it in value.items()}
    if isinstance(value, list):
        return [named(it) for it in value]
    return value


@contextmanager
def named_errors() -> Iterator[None]:
    """Lets the messages of errors have names too."""
    try:
        yield
    except Error as error:
        error.args = tuple(named(it) for it in error.args)
        if error.path is not None:
            error.path = named(error.path)
        raise
