"""What all tests share: the sample of the repository, and models of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import eigenlex

ROOT = Path(__file__).resolve().parents[2]
CORPORA = ROOT / "corpora"


# Examples name the sample as the program's guides do.
os.chdir(ROOT)


@pytest.fixture(scope="session")
def lines() -> list[str]:
    return (CORPORA / "english.txt").read_text(encoding="utf8").splitlines()


@pytest.fixture(scope="session")
def english() -> eigenlex.Model:
    return eigenlex.embed(CORPORA / "english.txt", dim=100)


@pytest.fixture(scope="session")
def documents() -> eigenlex.Model:
    return eigenlex.embed(CORPORA / "english.txt", recipe="documents", dim=20)


@pytest.fixture(scope="session")
def pair() -> tuple[eigenlex.Model, eigenlex.Model]:
    options = {"dim": 100, "window_boundary": "document", "dispersion": 0.2}
    english, spanish = (
        eigenlex.embed(CORPORA / f"{it}.txt", **options) for it in ("english", "spanish")
    )
    return english, spanish
