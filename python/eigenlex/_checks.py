"""Arguments that a person gives, checked before the compiled part gets them."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import ParameterError

#: More answers than any vocabulary or corpus has.
_MOST = 2**62

#: The largest seed.
LARGEST_SEED = 2**64 - 1


def whole(name: str, value: Any, least: int = 0, most: int = _MOST) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool):
        raise ParameterError(f"{name} is {value!r}, expected a whole number")
    try:
        number = operator.index(value)
    except TypeError as error:
        raise ParameterError(f"{name} is {value!r}, expected a whole number") from error
    if number < least:
        raise ParameterError(f"{name} is {number}, expected at least {least}")
    if number > most:
        raise ParameterError(f"{name} is {number}, expected at most {most}")
    return number


def integer(name: str, value: Any) -> int:
    """A whole number, which may be negative."""
    return whole(name, value, -_MOST)


def real(name: str, value: Any, expected: str = "a number") -> float:
    """A finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"{name} is {value!r}, expected {expected}") from error
    if isinstance(value, str) or not math.isfinite(number):
        raise ParameterError(f"{name} is {value!r}, expected {expected}")
    return number


def numbers(name: str, values: Any) -> Any:
    """An array of floating-point numbers."""
    import numpy as np

    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ParameterError(f"{name}: expected rows of equal length, of numbers") from error
    if array.dtype.kind not in "biuf":
        raise ParameterError(f"{name}: found an array of type {array.dtype}, expected real numbers")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def finite_rows(name: str, values: Any) -> Any:
    """Rows of finite numbers of 32 bits."""
    import numpy as np

    array = numbers(name, values)
    if array.ndim != 2:
        raise ParameterError(f"{name}: found {array.ndim} dimension(s), expected rows of numbers")
    with np.errstate(over="ignore"):
        rows = np.ascontiguousarray(array, dtype=np.float32)
    bad = np.argwhere(~np.isfinite(rows))
    if len(bad):
        row, column = bad[0]
        raise ParameterError(
            f"{name}, row {row}, column {column}: found {array[row, column]}, expected a finite "
            "number within the range of 32 bits"
        )
    return rows


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    raise ParameterError(f"{name} is {value!r}, expected True or False")


def choice(name: str, value: Any, names: Sequence[str]) -> str:
    """One of some names."""
    if not isinstance(value, str) or value not in names:
        *first, last = names
        expected = f"{', '.join(first)} or {last}" if first else last
        raise ParameterError(f"{name} is {value!r}, expected {expected}")
    return value


def string(name: str, value: Any) -> str:
    """A string that UTF-8 can hold."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: found {type(value).__name__}, expected a string")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ParameterError(
            f"{name} is {value!r}: found half of a surrogate pair, expected text that UTF-8 can "
            "hold"
        ) from error
    return value


def listed(name: str, value: Any, what: str = "words") -> list[Any]:
    """The items of an iterable; a string is one item, not several."""
    if isinstance(value, (str, bytes)):
        found = "a string" if isinstance(value, str) else "bytes"
        raise TypeError(f"{name}: found {found}, expected a list of {what}")
    if not isinstance(value, Iterable):
        raise TypeError(f"{name}: found {type(value).__name__}, expected a list of {what}")
    return list(value)


def path_of(name: str, value: Any) -> str:
    """A path as a string."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{name}: found {type(value).__name__}, expected a path")
    path: Any = os.fspath(value)
    if not isinstance(path, str):
        raise TypeError(f"{name}: found a path of bytes, expected a string or pathlib.Path")
    if not path or "\0" in path:
        raise ParameterError(f"{name} is {path[:60]!r}, expected a path")
    return path
