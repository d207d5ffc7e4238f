"""Commands of the program as functions: what they print as JSON is their result."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from . import _eigenlex, _memory
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
        with _memory.named_errors():
            printed = _eigenlex.run_command(
                command, list(positional), dict(options), ["--format=json", *more], hears
            )
    finally:
        hears.close()
    values = [_memory.named(json.loads(line)) for line in printed.splitlines()]
    return values, _memory.named(hears.sentences)


def place(thing: Any) -> str:
    """Where a model, vectors or a map lie. What is in memory is written to a temporary folder,
    which stays as long as it does: maps know their vectors by their place."""
    if isinstance(thing, (str, os.PathLike)):
        return os.fspath(thing)
    if not isinstance(thing, (Model, WordVectors)):
        path = getattr(thing, "_place", None)
        if path is None:
            found = type(thing).__name__
            raise TypeError(
                f"found {found}, expected a model, word vectors, an alignment or a path"
            )
        return str(path)
    if thing._held.path is not None:
        return str(Path(thing._held.path).absolute())
    if thing._copy is None:
        folder = _memory.folder()
        name = _memory.new_name(_kind(thing))
        written = os.path.join(folder.name, name)
        if isinstance(thing, Model):
            thing._held.save(written, False)
        else:
            thing.save(written, format="safetensors")
        thing._copy = (folder, written)
    return thing._copy[1]


def _kind(thing: Model | WordVectors) -> str:
    """The name of something in memory: that of its texts, if they were a file."""
    if not thing._held.is_model:
        return "vectors"
    sources = json.loads(thing._held.provenance())["corpus"]["sources"]
    name = Path(sources[0]["path"]).name.split(".")[0] if sources else ""
    return name if name.replace("-", "").replace("_", "").isalnum() else "model"
