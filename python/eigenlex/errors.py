"""What can go wrong.

Every exception of the package is an :class:`Error`, and also the exception of Python that fits,
so that ``except ValueError`` and ``except KeyError`` work as usual. The message is that of the
program: what was found, what was expected, and in a second line that begins with ``hint:`` what to
do.

>>> import eigenlex
>>> try:
...     eigenlex.Model.open("no-such-model")
... except FileNotFoundError as error:
...     print(type(error).__name__)
MissingFileError
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "DataError",
    "Error",
    "FileError",
    "Interrupted",
    "MissingFileError",
    "NotFoundError",
    "OutputExistsError",
    "ParameterError",
    "ResourceError",
    "UnknownWordError",
]


class Error(Exception):
    """Everything that eigenlex refuses or fails at."""

    #: The file or folder that the message speaks of, where there is one.
    path: str | None = None

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    @property
    def hint(self) -> str | None:
        """What to do about it, where that is known."""
        _, found, hint = str(self).partition("\nhint: ")
        return hint if found else None


class ParameterError(Error, ValueError):
    """An argument has an impossible value, or there is no such option."""


class DataError(Error, ValueError):
    """The content of a file, of texts or of a matrix is bad."""


class NotFoundError(Error, LookupError):
    """A question has no answer."""


class UnknownWordError(NotFoundError, KeyError):
    """A word is not in the vocabulary."""

    #: The word, as it was looked up.
    word: str = ""
    #: The nearest spellings in the vocabulary, best first.
    suggestions: Sequence[str] = ()


class FileError(Error, OSError):
    """The operating system refused a file operation."""


class MissingFileError(FileError, FileNotFoundError):
    """A file or folder is not there."""


class OutputExistsError(FileError, FileExistsError):
    """An output is there already; ``force=True`` replaces it."""


class ResourceError(Error, MemoryError):
    """Memory or disk do not suffice."""


class Interrupted(Error):
    """A callback stopped the work. Ctrl-C raises ``KeyboardInterrupt`` instead."""
