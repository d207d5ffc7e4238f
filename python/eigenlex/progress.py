"""Progress of long work.

Functions that take long have an argument ``progress``:

- ``None``, the default, is silent;
- ``True`` shows bars, of tqdm in a terminal and of the notebook in a notebook;
- a function is called with a :class:`Progress` about twenty times a second, and stops the work by
  returning ``False``.

>>> import eigenlex
>>> stages = []
>>> model = eigenlex.embed(
...     ["a cat and a dog", "a dog and a cat"] * 20, recipe="documents", dim=2,
...     progress=lambda it: stages.append(it.stage),
... )
>>> "svd" in stages
True
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple, Union

from .errors import Interrupted

__all__ = ["Progress", "ProgressOption"]

_LOG = logging.getLogger("eigenlex")


class Progress(NamedTuple):
    """How far a stage of the work is."""

    #: The name of the stage: ``tokenize``, ``count``, ``svd`` and so on.
    stage: str
    #: How many units are done.
    position: int
    #: How many there are, where that is known.
    total: int | None
    #: What is counted: ``bytes``, ``tokens``, ``triplets`` and so on.
    unit: str
    #: A remark on the stage, such as the residual of an iteration.
    note: str = ""


#: What an argument ``progress`` may be.
ProgressOption = Union[bool, Callable[[Progress], Any], None]


class Listener:
    """Hears of the work, and keeps the sentences that it says."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self._now = Progress("", 0, None, "")

    def start(self, stage: str, total: int | None, unit: str) -> None:
        self._show(Progress(stage, 0, total, unit))

    def move(self, position: int) -> None:
        self._show(self._now._replace(position=position))

    def note(self, note: str) -> None:
        self._show(self._now._replace(note=note))

    def tell(self, sentence: str) -> None:
        self.sentences.append(sentence)
        _LOG.info("%s", sentence)

    def finish(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _show(self, now: Progress) -> None:
        self._now = now


class _Callback(Listener):
    def __init__(self, function: Callable[[Progress], Any]) -> None:
        super().__init__()
        self._function = function

    def _show(self, now: Progress) -> None:
        super()._show(now)
        if self._function(now) is False:
            raise Interrupted("the callback stopped the work")


class _Bars(Listener):
    """A bar for each stage."""

    def __init__(self) -> None:
        super().__init__()
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            message = "progress=True needs tqdm\nhint: pip install eigenlex[progress]"
            raise ImportError(message) from error
        self._new: Callable[..., Any] = tqdm
        self._bar: Any = None

    def start(self, stage: str, total: int | None, unit: str) -> None:
        super().start(stage, total, unit)
        self.close()
        self._bar = self._new(
            total=total, desc=stage, unit=f" {unit}", unit_scale=True, leave=False
        )

    def note(self, note: str) -> None:
        super().note(note)
        if self._bar is not None:
            self._bar.set_postfix_str(note)

    def finish(self) -> None:
        self.close()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _show(self, now: Progress) -> None:
        super()._show(now)
        if self._bar is not None:
            self._bar.update(now.position - self._bar.n)


def listener(progress: ProgressOption) -> Listener:
    """The listener of an argument ``progress``."""
    if progress is None or progress is False:
        return Listener()
    if progress is True:
        return _Bars()
    if callable(progress):
        return _Callback(progress)
    found = type(progress).__name__
    raise TypeError(f"progress: found {found}, expected None, True or a function")
