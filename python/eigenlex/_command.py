"""Commands of the program as functions: what they print as JSON is their result."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import _eigenlex
from .model import Model
from .progress import ProgressOption, listener
from .word_vectors import WordVectors


def run(
    command: str,
    positional: Iterable[str],
    options: Mapping[str, Any],
    *,
    more: Iterable[str] = (),
    progress: ProgressOption = None,
) -> tuple[list[Any], list[str]]:
    """The values that a command prints, and the sentences that it says."""
    hears = listener(progress)
    try:
        printed = _eigenlex.run_command(
            command, list(positional), dict(options), ["--format=json", *more], hears
        )
    finally:
        hears.close()
    return [json.loads(line) for line in printed.splitlines()], hears.sentences


def place(thing: Any, stack: ExitStack) -> str:
    """Where a model, vectors or a map lie; what is in memory is written to a folder of ``stack``."""
    if isinstance(thing, (str, os.PathLike)):
        return os.fspath(thing)
    path = getattr(thing, "path", None)
    if isinstance(thing, WordVectors):
        path = thing._held.path
    if path is not None:
        return str(Path(path).absolute())
    if not isinstance(thing, (Model, WordVectors)):
        found = type(thing).__name__
        raise TypeError(f"found {found}, expected a model, word vectors, an alignment or a path")
    folder = stack.enter_context(TemporaryDirectory(prefix="eigenlex-"))
    if isinstance(thing, Model):
        written = os.path.join(folder, "model")
        thing._held.save(written, False)
    else:
        written = os.path.join(folder, "vectors.safetensors")
        thing.save(written)
    return written
