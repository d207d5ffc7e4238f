"""The words of vectors as a list and as a dict that take no memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from . import _eigenlex


class IndexToKey(Sequence[str]):
    """The words in their order, most frequent first where the source knows that.

    A list that takes no memory: the words stay where they are.
    """

    def __init__(self, held: _eigenlex.Held) -> None:
        self._held = held

    def __len__(self) -> int:
        return self._held.n_words

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                return self._held.words(start, max(start, stop))
            return [self._held.word(it) for it in range(start, stop, step)]
        place = index.__index__()
        place += len(self) if place < 0 else 0
        if not 0 <= place < len(self):
            raise IndexError(f"position {index} of {len(self)} words")
        return self._held.word(place)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), 4096):
            yield from self._held.words(start, min(start + 4096, len(self)))

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._held.exact_id(word) is not None

    def index(self, word: str, start: int = 0, stop: int | None = None) -> int:
        place = self._held.exact_id(word)
        if place is None or not start <= place < (len(self) if stop is None else stop):
            raise ValueError(f"{word!r} is not in the list")
        return place

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (IndexToKey, list, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(x == y for x, y in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (list, (list(self),))

    def __repr__(self) -> str:
        first = ", ".join(map(repr, self[:5]))
        return f"[{first}{', ...' if len(self) > 5 else ''}] ({len(self)} words)"


class KeyToIndex(Mapping[str, int]):
    """The position of each word: a dict that takes no memory."""

    def __init__(self, held: _eigenlex.Held) -> None:
        self._held = held

    def __len__(self) -> int:
        return self._held.n_words

    def __getitem__(self, word: str) -> int:
        place = self._held.exact_id(word) if isinstance(word, str) else None
        if place is None:
            raise KeyError(word)
        return place

    def __iter__(self) -> Iterator[str]:
        return iter(IndexToKey(self._held))

    def __reduce__(self) -> tuple[Any, ...]:
        return (dict, (list(self.items()),))

    def __repr__(self) -> str:
        first = ", ".join(f"{it!r}: {self[it]}" for it in self._held.words(0, min(5, len(self))))
        return f"{{{first}{', ...' if len(self) > 5 else ''}}} ({len(self)} words)"
