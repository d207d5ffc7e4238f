"""From texts to a model: every way to give texts, and the same bits by all of them."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eigenlex

TEXTS = ["a cat and a dog", "a dog and a cat", "a ship at sea"] * 20
SMALL = {"recipe": "documents", "dim": 2}


def program(*arguments: str) -> str:
    command = [sys.executable, "-m", "eigenlex", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_digest_is_that_of_the_command_line(tmp_path: Path, english: eigenlex.Model) -> None:
    path = str(tmp_path / "m")
    info = json.loads(
        program("embed", "corpora/english.txt", "--dim=100", "-o", path, "--format=json")
    )
    assert info["digest"] == english.digest == english.wv.digest()
    assert eigenlex.Model.open(path).digest == english.digest


def test_all_ways_to_give_texts_give_the_same_bits(
    lines: list[str], english: eigenlex.Model
) -> None:
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    chunks = [lines[:1000], lines[1000:]]
    for texts in (
        lines,
        tuple(lines),
        iter(lines),
        (line for line in lines),
        io.StringIO("\n".join(lines)),
        np.array(lines),
        np.array(lines, dtype=object),
        pandas.Series(lines),
        pandas.Series(lines, dtype="category"),
        pandas.Series(lines, dtype="string[pyarrow]"),
        polars.Series(lines),
        pyarrow.array(lines),
        pyarrow.chunked_array(chunks),
        pyarrow.array(lines, type=pyarrow.large_string()),
        pyarrow.chunked_array(chunks, type=pyarrow.string_view()),
    ):
        assert eigenlex.embed(texts, dim=100).digest == english.digest, type(texts)


def test_an_arrow_column_is_not_copied() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from eigenlex import _eigenlex

    column = pyarrow.array(["a word " * 1000] * 2000)
    n_bytes = column.nbytes
    before = pyarrow.total_allocated_bytes()
    texts = _eigenlex.Texts.from_arrow(column, "texts")
    assert len(texts) == 2000
    assert pyarrow.total_allocated_bytes() - before < n_bytes / 100
    # The column lives as long as the texts do.
    del column
    assert pyarrow.total_allocated_bytes() > before - n_bytes / 100
    del texts
    assert pyarrow.total_allocated_bytes() < before - n_bytes / 2


def test_missing_values_of_a_column_are_empty_documents() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    model = eigenlex.embed(pyarrow.array([*TEXTS, None]), **SMALL)
    assert model.provenance["n_documents"] == len(TEXTS)


def test_lists_of_tokens_stay_as_they_are() -> None:
    documents = [["New York", "BIG", "is"], ["is", "New York"]] * 10
    model = eigenlex.embed(documents, recipe="documents", dim=1)
    assert sorted(model.wv.index_to_key) == ["BIG", "New York", "is"]


def test_several_paths_are_documents(tmp_path: Path) -> None:
    paths = []
    for number, text in enumerate(TEXTS):
        paths.append(tmp_path / f"{number:02}.txt")
        paths[-1].write_text(text)
    of_paths = eigenlex.embed(paths, **SMALL)
    strings = [str(it) for it in paths]
    assert of_paths.digest == eigenlex.embed(strings, paths=True, **SMALL).digest
    assert of_paths.digest == eigenlex.embed(tmp_path, **SMALL).digest
    assert of_paths.digest == eigenlex.embed(TEXTS, **SMALL).digest
    assert of_paths.provenance["n_documents"] == len(TEXTS)


def test_the_number_of_threads_does_not_matter(english: eigenlex.Model) -> None:
    assert eigenlex.embed("corpora/english.txt", dim=100, threads=3).digest == english.digest
    eigenlex.set_threads(1)
    try:
        assert eigenlex.embed("corpora/english.txt", dim=100).digest == english.digest
    finally:
        eigenlex.set_threads(0)


def test_an_output_is_the_model_of_the_program(tmp_path: Path, english: eigenlex.Model) -> None:
    path = tmp_path / "m"
    model = eigenlex.embed("corpora/english.txt", output=path, dim=100)
    assert model.path == path and model.digest == english.digest
    assert [it.name for it in tmp_path.iterdir()] == ["m"]
    with pytest.raises(eigenlex.OutputExistsError, match="exists already"):
        eigenlex.embed("corpora/english.txt", output=path, dim=100)
    assert eigenlex.embed(TEXTS, output=path, force=True, **SMALL).dim == 2


def test_options_are_those_of_the_program() -> None:
    names = eigenlex.options("embed")
    assert {"dim", "min_count", "window", "recipe", "seed", "memory"} <= set(names)
    assert not {"output", "format", "help", "config"} & set(names)
    model = eigenlex.embed(TEXTS, **SMALL, min_count=20, numbers="keep")
    assert model.config["cutoff"]["min_count"] == 20
    # Hyphens and aliases are as good.
    same = eigenlex.embed(TEXTS, **SMALL, **{"min-count": np.int64(20)}, **{"numbers": "keep"})
    assert same.digest == model.digest


def test_a_model_says_what_it_is(english: eigenlex.Model) -> None:
    assert repr(english).startswith(f"<Model: {len(english):,} words of 100 dimensions")
    assert english.counts.sum() == english.provenance["n_kept_tokens"]
    assert english.document_frequencies.max() <= english.provenance["n_documents"]
    assert english.tokenize("The King's men") == ["the", "king's", "men"]
    assert "king" in english and "quokka" not in english


def test_models_are_pickled(tmp_path: Path, english: eigenlex.Model) -> None:
    in_memory = pickle.loads(pickle.dumps(english))
    assert in_memory.digest == english.digest and in_memory.wv.digest() == english.wv.digest()
    english_copy = pickle.loads(pickle.dumps(in_memory))
    assert english_copy.wv.digest() == english.wv.digest()
    eigenlex.embed("corpora/english.txt", output=tmp_path / "m", dim=100)
    opened = eigenlex.Model.open(tmp_path / "m")
    content = pickle.dumps(opened)
    assert len(content) < 1000
    assert pickle.loads(content).digest == english.digest
    assert pickle.loads(pickle.dumps(english.wv)).digest() == english.wv.digest()


def test_progress_is_heard_and_stops_the_work(tmp_path: Path) -> None:
    heard: list[eigenlex.Progress] = []
    eigenlex.embed("corpora/english.txt", dim=20, progress=heard.append)
    stages = list(dict.fromkeys(it.stage for it in heard))
    assert stages[:2] == ["tokenize", "vocabulary"] and "svd" in stages

    def stop(now: eigenlex.Progress) -> bool:
        return now.stage != "svd"

    texts = Path("corpora/english.txt").read_text(encoding="utf8").splitlines() * 20
    with pytest.raises(eigenlex.Interrupted):
        eigenlex.embed(texts, output=tmp_path / "m", dim=300, progress=stop)
    assert not (tmp_path / "m").exists()

    def fail(now: eigenlex.Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        eigenlex.embed("corpora/english.txt", dim=20, progress=fail)


def test_bars_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    eigenlex.embed("corpora/english.txt", dim=20, progress=True)
    assert "svd" in capsys.readouterr().err


def test_strings_of_a_list_are_texts_and_no_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("king").write_text("a ship at sea\nthe sea and a ship\na storm at sea\n")
    Path("queen").write_text("a ship in a storm\n")
    texts = ["king", "queen"] * 10
    options: dict[str, Any] = {"recipe": "documents", "dim": 1, "min_count": 1}
    # Most strings name files: nobody can know what is meant, unless it is said.
    for corpus in (texts, tuple(texts), ["king"], ["king", "queen", "zzz"]):
        with pytest.raises(eigenlex.ParameterError, match="are they paths or texts") as found:
            eigenlex.embed(corpus, **options)
        assert found.value.hint is not None and "paths=True" in found.value.hint
    model = eigenlex.embed(texts, paths=False, **options)
    assert sorted(model.wv.index_to_key) == ["king", "queen"]
    assert model.digest == eigenlex.embed(iter(texts), **options).digest
    of_files = eigenlex.embed(["king", "queen"], paths=True, **options)
    assert "ship" in of_files and "king" not in of_files
    assert "ship" in eigenlex.embed([Path("king"), "queen"], **options)
    # A question may be the name of a file.
    with pytest.warns(UserWarning, match="strings of a list are texts") as warned:
        codes = model.encode(["king", "queen"])
    assert warned[0].filename == __file__
    assert codes.shape == (2, 1) and codes.any()
    for ask in (
        lambda: model.encode(["king", "queen"], paths=False),
        lambda: model.encode(["king", "zzz"]),
        lambda: model.search("king", ["king", "queen"], paths=False),
        lambda: model.cluster(["king", "queen"], 1, paths=False),
        lambda: eigenlex.LSA(1, min_count=1).fit(texts).transform(["king"]),
    ):
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*strings of a list are texts")
            warnings.filterwarnings("ignore", message=".*have no word of the model")
            assert len(ask()) > 0
    assert len(model.index(["king"], paths=True)) == 3 != len(model.index(["king"], paths=False))
    with pytest.raises(eigenlex.ParameterError, match="paths is False, expected a list of texts"):
        model.encode("king", paths=False)
    with pytest.raises(eigenlex.ParameterError, match="paths is 1, expected True or False"):
        model.encode(["king"], paths=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="item 1: found int, expected a path"):
        eigenlex.embed(["king", 3], paths=True)
    with pytest.raises(eigenlex.MissingFileError, match="cannot read `nothing`"):
        eigenlex.embed([Path("nothing"), "king"])
    for single in ("", "a\0b"):
        with pytest.raises(eigenlex.ParameterError, match="expected a path"):
            eigenlex.embed(single)
    with pytest.raises(eigenlex.MissingFileError, match="there is no such file") as missing:
        model.encode("zzz")
    assert missing.value.hint == "a single string is a path; give a list for texts: [text]"
