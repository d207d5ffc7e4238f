"""The command line that comes with the package."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import eigenlex

PROGRAM = [sys.executable, "-m", "eigenlex"]


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, **options)  # type: ignore[call-overload, no-any-return]


def test_it_is_the_program(tmp_path: Path) -> None:
    assert run("--version").stdout.strip() == f"eigenlex {eigenlex.__version__}"
    assert "Word vectors from your own texts" in run("--help").stdout
    model = str(tmp_path / "m")
    made = run("embed", "corpora/english.txt", "--dim", "100", "-o", model)
    assert made.returncode == 0 and made.stdout == ""
    found = run("math", model, "king - man + woman", "--top", "1")
    assert found.stdout.splitlines()[-1].split("\t")[-2:][0] == "queen"
    assert run("math", model, "-man + king + woman", "--top=1").returncode == 0


def test_exit_codes_are_those_of_the_program(tmp_path: Path) -> None:
    assert run("nonsense").returncode == 2
    missing = run("info", "no-such-model")
    assert missing.returncode == 1
    assert (
        missing.stderr
        == "error: cannot read `no-such-model`: No such file or directory (os error 2)\n"
    )
    assert run("info", "corpora").returncode == 3


def test_settings_come_from_files_and_the_environment(tmp_path: Path) -> None:
    (tmp_path / "eigenlex.toml").write_text("threads = 3\n")
    found = run("config", cwd=tmp_path, env={**os.environ, "EIGENLEX_DIM": "7"})
    assert "threads\t3" in found.stdout and "dim\t7" in found.stdout
    other = tmp_path / "other.toml"
    other.write_text("threads = 4\n")
    assert "threads\t4" in run("config", "--config", str(other)).stdout
    # Functions of Python read neither.
    code = (
        "import eigenlex; print(eigenlex.embed(['a b', 'b a'] * 9, recipe='documents', dim=1).dim)"
    )
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "EIGENLEX_DIM": "7"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "1"


def test_a_closed_pipe_is_no_failure(tmp_path: Path) -> None:
    command = f"{sys.executable} -m eigenlex man --help | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_an_interrupt_ends_it() -> None:
    process = subprocess.Popen([*PROGRAM, "embed", "-", "-o", "never"], stdin=subprocess.PIPE)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=5) in (130, -signal.SIGINT)
    assert not Path("never").exists()


def test_copies_of_the_licences_are_the_originals() -> None:
    python = Path(__file__).resolve().parents[1]
    for name in ("LICENSE-APACHE", "LICENSE-MIT"):
        assert (python / name).read_bytes() == (python.parent / name).read_bytes()
