"""A notebook: a folder of texts becomes neighbours, documents, a plot, and an alignment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

CELLS = [
    """
import eigenlex
model = eigenlex.embed("texts/en", dim=50, progress=True)
model
""",
    """
model.neighbors("king", topn=3)
""",
    """
documents = eigenlex.embed("texts/en", recipe="documents", dim=10)
index = documents.index("texts/en")
index.search("a king and a queen", topn=3)
""",
    """
%matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
words = ["king", "queen", "man", "woman", "bread", "oven"]
u, s, vt = eigenlex.svd(np.array(model.wv[words]), 2)
places = u * s
figure, axes = plt.subplots()
axes.scatter(*places.T)
for word, place in zip(words, places):
    axes.annotate(word, place)
""",
    """
spanish = eigenlex.embed("texts/es", dim=50)
alignment = eigenlex.align(model, spanish, identical=True)
alignment.translate("king", topn=2)
""",
]


def outputs(cell: Any, kind: str) -> list[str]:
    return [it["data"][kind] for it in cell["outputs"] if kind in it.get("data", {})]


def test_a_notebook_runs(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    for package in ("ipykernel", "matplotlib", "tqdm"):
        pytest.importorskip(package)
    for language, name in (("en", "english"), ("es", "spanish")):
        folder = tmp_path / "texts" / language
        folder.mkdir(parents=True)
        lines = (ROOT / "corpora" / f"{name}.txt").read_text(encoding="utf8").splitlines()
        for start in range(0, len(lines), 20):
            text = "\n".join(lines[start : start + 20])
            (folder / f"{start:05}.txt").write_text(text, encoding="utf8")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(it) for it in CELLS])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute(env=environment)
    cells = notebook.cells
    assert "<Model:" in outputs(cells[0], "text/plain")[-1]
    assert "<table>" in outputs(cells[1], "text/html")[0]
    assert (
        "king" in outputs(cells[2], "text/html")[0]
        or "found_by" in outputs(cells[2], "text/html")[0]
    )
    assert outputs(cells[3], "image/png")
    assert "similarity" in outputs(cells[4], "text/html")[0]
