"""The code of the guides, run as it stands there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "name", ["docs/guide/python.md", "docs/guide/python-migration.md", "python/README.md"]
)
def test_the_code_of_a_guide_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("pandas", "sklearn", "gensim"):
        pytest.importorskip(package)
    shutil.copytree(ROOT / "corpora", tmp_path / "corpora")
    monkeypatch.chdir(tmp_path)
    found = blocks((ROOT / name).read_text(encoding="utf8"))
    assert found
    names: dict[str, Any] = {}
    for block in found:
        exec(compile(block, name, "exec"), names)


def test_the_guide_says_what_a_model_is(english: Any) -> None:
    text = (ROOT / "docs/guide/python.md").read_text(encoding="utf8")
    assert repr(english) in text
