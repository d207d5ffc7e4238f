"""Commands of the program as functions: what they print as JSON is their result."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
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


def place(thing: Any) -> str:
    """Where a model, vectors or a map lie. What is in memory is written to a temporary folder,
    which stays as long as it does: maps know their vectors by their place."""
    if isinstance(thing, (str, os.PathLike)):
        return os.fspath(thing)
    path = thing._held.path if isinstance(thing, WordVectors) else getattr(thing, "path", None)
    if path is not None:
        return str(Path(path).absolute())
    if not isinstance(thing, (Model, WordVectors)):
        found = type(thing).__name__
        raise TypeError(f"found {found}, expected a model, word vectors, an alignment or a path")
    name = "model" if isinstance(thing, Model) else "vectors.safetensors"
    if thing._copy is None:
        folder = TemporaryDirectory(prefix="eigenlex-", ignore_cleanup_errors=True)
        written = os.path.join(folder.name, name)
        if isinstance(thing, Model):
            thing._held.save(written, False)
        else:
            thing.save(written)
        thing._copy = folder
    return os.path.join(thing._copy.name, name)
