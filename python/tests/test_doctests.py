"""The examples in the documentation of every module, and its types."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import eigenlex

MODULES = [it.name for it in pkgutil.iter_modules(eigenlex.__path__) if it.name != "__main__"]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", ["", *MODULES])
def test_examples_run(name: str) -> None:
    module = importlib.import_module(f"eigenlex.{name}" if name else "eigenlex")
    assert doctest.testmod(module, optionflags=FLAGS).failed == 0


def test_every_public_name_has_a_text() -> None:
    for name in eigenlex.__all__:
        value = getattr(eigenlex, name)
        assert isinstance(value, str) or (value.__doc__ or "").strip(), name
        if inspect.isclass(value):
            for member, it in vars(value).items():
                if not member.startswith("_") and (
                    inspect.isfunction(it) or isinstance(it, property)
                ):
                    assert it.__doc__, f"{name}.{member}"
    assert set(dir(eigenlex)) == set(eigenlex.__all__)
    wrong = "embde"
    with pytest.raises(AttributeError, match="has no attribute 'embde'"):
        getattr(eigenlex, wrong)


def test_types_hold(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    root = Path(__file__).resolve().parents[1]
    script = tmp_path / "script.py"
    script.write_text(
        "import eigenlex\n"
        "from numpy.typing import NDArray\n"
        "import numpy as np\n"
        "model: eigenlex.Model = eigenlex.embed('a.txt', dim=3)\n"
        "row: NDArray[np.float32] = model.wv['king']\n"
        "word: str = model.math('a')[0].word\n"
        "number: int = eigenlex.align(model, model).translate('a')[0].similarity\n"
    )
    command = [sys.executable, "-m", "mypy", "--config-file", str(root / "pyproject.toml")]
    # The source, not the installed package: beside that are others that would be checked too.
    done = subprocess.run([*command, str(root / "eigenlex")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    # What a user writes is checked, and a mistake is found.
    done = subprocess.run([*command, str(script)], capture_output=True, text=True, cwd=tmp_path)
    assert 'has type "float", variable has type "int"' in done.stdout, done.stdout + done.stderr
    assert "Found 1 error" in done.stdout, done.stdout


def test_the_stub_names_what_the_module_has() -> None:
    import ast

    from eigenlex import _eigenlex

    stub = Path(eigenlex.__file__).with_name("_eigenlex.pyi").read_text(encoding="utf8")
    for node in ast.parse(stub).body:
        if isinstance(node, ast.FunctionDef):
            assert callable(getattr(_eigenlex, node.name))
        if isinstance(node, ast.ClassDef):
            members = {it.name for it in node.body if isinstance(it, ast.FunctionDef)}
            there = {it for it in vars(getattr(_eigenlex, node.name)) if not it.startswith("__")}
            assert there == {it for it in members if not it.startswith("__")}, node.name
