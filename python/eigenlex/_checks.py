"""Numbers that a person gives, checked before the compiled part gets them."""

from __future__ import annotations

import operator
from typing import Any

from .errors import ParameterError

#: More answers than any vocabulary or corpus has.
_MOST = 2**62


def whole(name: str, value: Any, least: int = 0, most: int = _MOST) -> int:
    """A whole number within bounds."""
    try:
        number = operator.index(value)
    except TypeError as error:
        raise ParameterError(f"{name} is {value!r}, expected a whole number") from error
    if number < least:
        raise ParameterError(f"{name} is {number}, expected at least {least}")
    if number > most:
        raise ParameterError(f"{name} is {number}, expected at most {most}")
    return number
