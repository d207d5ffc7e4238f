"""Ctrl-C stops within a second and leaves what can be resumed; processes and threads beside it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import eigenlex

SCRIPT = """
import sys, eigenlex
def show(now):
    print(now.stage, flush=True)
try:
    model = eigenlex.embed(sys.argv[1], output=sys.argv[2], dim=300, progress=show)
    print("digest", model.digest, flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three million tokens of twenty thousand words, by Zipf's law from a seed."""
    random = np.random.default_rng(1)
    ranks = np.minimum(random.zipf(1.3, size=3_000_000), 20_000)
    words = np.array([f"w{it}" for it in range(20_001)])[ranks]
    path = tmp_path_factory.mktemp("zipf") / "zipf.txt"
    path.write_text("\n".join(" ".join(it) for it in words.reshape(-1, 15)))
    return path


def start(corpus: Path, output: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, str(corpus), str(output)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_an_interrupt_stops_within_a_second_and_is_resumed(tmp_path: Path, corpus: Path) -> None:
    expected = eigenlex.embed(corpus, dim=300).digest
    output = tmp_path / "m"
    for stage in ("tokenize", "count", "svd"):
        process = start(corpus, output)
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == stage:
                break
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        rest = process.stdout.read().split("\n")
        took = time.monotonic() - begun
        assert process.wait() == 0 and "interrupted" in rest, (stage, rest[-3:])
        # A machine that does much else is given some time more.
        assert took < 1.0 + 0.5 * os.getloadavg()[0], (stage, took)
        assert not output.exists()
    assert (tmp_path / "m.checkpoints").is_dir()
    process = start(corpus, output)
    assert process.stdout is not None
    lines = process.stdout.read().split("\n")
    assert f"digest {expected}" in lines and "tokenize" not in lines
    assert [it.name for it in tmp_path.iterdir()] == ["m"]


def test_other_threads_run_meanwhile(corpus: Path) -> None:
    ticks = []
    is_done = threading.Event()

    def tick() -> None:
        while not is_done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.01)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        eigenlex.embed(corpus, dim=50)
    finally:
        is_done.set()
        thread.join()
    assert max(np.diff(ticks)) < 1.0


def test_many_threads_ask_at_once(english: eigenlex.Model) -> None:
    expected = english.neighbors("king")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: english.neighbors("king"), range(64)))
        assert all(it == expected for it in found)
        digests = set(
            pool.map(lambda _: eigenlex.embed("corpora/english.txt", dim=100).digest, range(4))
        )
        scores = list(
            pool.map(
                lambda _: eigenlex.evaluate(english, similarity="corpora/english.similarity.tsv"),
                range(4),
            )
        )
    assert digests == {english.digest}
    assert all(it["similarity"] == scores[0]["similarity"] for it in scores)


def ask(model: eigenlex.Model) -> str:
    word: str = model.math("king - man + woman")[0].word
    return word


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_have_threads_of_their_own(method: str, english: eigenlex.Model) -> None:
    assert ask(english) == "queen"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(ask, [english] * 3)) == ["queen"] * 3
