"""Bad input: the right exception with the program's words, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eigenlex

TEXTS = ["a cat and a dog", "a dog and a cat"] * 20


def refused(kind: type[Exception], message: str, call: Any, *arguments: Any, **options: Any) -> Any:
    with pytest.raises(kind) as found:
        call(*arguments, **options)
    assert message in str(found.value), str(found.value)
    return found.value


def test_unknown_options_are_named_with_the_nearest() -> None:
    error = refused(
        eigenlex.ParameterError, "`embed` has no option `windwo`", eigenlex.embed, TEXTS, windwo=3
    )
    assert error.hint == "did you mean `window`?"
    assert isinstance(error, ValueError)
    refused(eigenlex.ParameterError, "has no option `format`", eigenlex.embed, TEXTS, format="json")
    refused(eigenlex.ParameterError, "has no option `zzz`", eigenlex.embed, TEXTS, zzz=1)
    refused(eigenlex.ParameterError, "there is no command `embde`", eigenlex.options, "embde")


def test_values_are_checked_as_by_the_program() -> None:
    for options, message in (
        ({"dim": 0}, "dim is 0, expected at least 1"),
        ({"dim": "many"}, "dim is many, expected a whole number"),
        ({"dim": -3}, "dim is -3, expected a whole number from 0 on"),
        ({"dim": object()}, "dim is <object"),
        ({"dim": [1, {}]}, "expected a list of strings, paths or numbers"),
        ({"recipe": "windows"}, "recipe is windows, expected one of window, documents"),
        ({"recipe": "documents", "window": 3}, "window"),
        ({"memory": "8 parsecs"}, "is not a unit"),
        ({"tokenizer": "no-such.json"}, "there is no such file"),
        ({"column": "text"}, "`column` has no effect: the texts are in memory, not files"),
        ({"metadata": ["year"]}, "`metadata` has no effect"),
        ({"add_contexts": 3}, "expected True or False"),
    ):
        refused(eigenlex.ParameterError, message, eigenlex.embed, TEXTS, **options)


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    expected = "expected a path, a list of paths, or an iterable"
    for bad in (3, None, b"text", {"a": 1}, {"a", "b"}, object()):
        refused(TypeError, expected, eigenlex.embed, bad)
    refused(
        TypeError,
        "document 1: found int, expected a string or a list of strings",
        eigenlex.embed,
        ["a", 1],
    )
    refused(TypeError, "document 0: found bytes", eigenlex.embed, [b"a"])
    refused(TypeError, "document 1: found NoneType", eigenlex.embed, ["a", None])
    refused(
        TypeError,
        "document 1, token 2: found float, expected a string",
        eigenlex.embed,
        [["a"], ["b", "c", 1.0]],
    )
    refused(TypeError, "document 0: found float", eigenlex.embed, np.array([1.0, 2.0]))
    refused(
        eigenlex.DataError,
        "document 1: found half of a surrogate pair",
        eigenlex.embed,
        ["a", "\ud800"],
    )
    refused(eigenlex.DataError, "the control character U+0000", eigenlex.embed, ["a", "b\0c"])

    missing = refused(
        FileNotFoundError, "cannot read `a cat and a dog`", eigenlex.embed, "a cat and a dog"
    )
    assert missing.hint == "a single string is a path; give a list for texts: [text]"

    def failing() -> Any:
        yield "a"
        raise ZeroDivisionError

    refused(ZeroDivisionError, "", eigenlex.embed, failing())
    pandas = pytest.importorskip("pandas")
    refused(
        TypeError,
        "a table with the columns `text`, expected one column",
        eigenlex.embed,
        pandas.DataFrame({"text": TEXTS}),
    )
    pyarrow = pytest.importorskip("pyarrow")
    refused(
        eigenlex.DataError,
        "found a column of Int64, expected one of strings",
        eigenlex.embed,
        pyarrow.array([1, 2]),
    )


def test_empty_corpora_are_refused(tmp_path: Path) -> None:
    for empty in ([], iter([]), [""], ["", " "], [[]]):
        refused(eigenlex.DataError, "the corpus is empty", eigenlex.embed, empty)
    refused(eigenlex.DataError, "no word passes the cutoff", eigenlex.embed, ["one two"])
    path = tmp_path / "empty.txt"
    path.write_text("")
    refused(eigenlex.DataError, "the corpus is empty", eigenlex.embed, path)


def test_missing_paths_are_not_found(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    for call in (
        eigenlex.embed,
        eigenlex.Model.open,
        eigenlex.WordVectors.load,
        eigenlex.Alignment.open,
    ):
        error = refused(FileNotFoundError, f"cannot read `{missing}", call, missing)
        assert isinstance(error, eigenlex.Error) and str(missing) in str(error.path)
    path = tmp_path / "latin"
    path.write_bytes("naïve café\n".encode("latin-1") * 30)
    error = refused(eigenlex.DataError, "is not valid UTF-8", eigenlex.embed, path)
    assert error.hint is not None and 'encoding="windows-1252"' in error.hint
    assert eigenlex.embed(path, encoding="latin1", recipe="documents", dim=1).wv["café"].shape == (
        1,
    )
    refused(eigenlex.DataError, "a model is needed here", eigenlex.Model.open, "corpora")


def test_words_that_are_not_there_are_errors(english: eigenlex.Model) -> None:
    for call in (
        english.wv.get_vector,
        english.wv.__getitem__,
        english.wv.most_similar,
        english.neighbors,
    ):
        error = refused(KeyError, "the word `quen` is not in the vocabulary", call, "quen")
        assert isinstance(error, eigenlex.UnknownWordError)
        assert error.word == "quen" and error.suggestions[0] == "queen"
        assert error.hint is not None and "did you mean `queen`" in error.hint
    refused(KeyError, "position 99999 of", english.wv.get_vector, 99999)
    refused(TypeError, "expected a word or a position", english.wv.get_index, 1.5)
    refused(
        eigenlex.ParameterError,
        "expected a word, a position or a vector of 100",
        english.wv.most_similar,
        [np.ones(3)],
    )
    refused(eigenlex.ParameterError, "there is no word", english.wv.most_similar)
    refused(
        eigenlex.NotFoundError,
        "zero or not finite",
        english.wv.most_similar,
        "king",
        "king",
    )
    for ask in (english.wv.similar_by_vector, english.wv.most_similar_cosmul, english.wv.distances):
        refused(eigenlex.ParameterError, "with NaN or infinity", ask, np.full(100, np.nan))
    refused(eigenlex.ParameterError, "cannot read the expression", english.math, "king - ")
    refused(eigenlex.UnknownWordError, "king-man", english.math, "king-man")
    refused(
        eigenlex.ParameterError,
        "method is 'x', expected add or mul",
        english.math,
        "king",
        method="x",
    )
    refused(
        TypeError,
        "found a string, expected a list of words",
        english.wv.most_similar,
        "king",
        restrict_to="queen",
    )
    for call, argument in (
        (english.neighbors, "king"),
        (english.math, "king"),
        (english.complete, "king"),
    ):
        for wrong in (0, -1, 2.5, 10**30):
            refused(eigenlex.ParameterError, "topn is", call, argument, topn=wrong)


def test_the_number_of_threads_has_bounds() -> None:
    for wrong in (-1, 4097, 10**6, 10**30):
        refused(eigenlex.ParameterError, "n_threads is", eigenlex.set_threads, wrong)
    refused(eigenlex.ParameterError, "expected a whole number", eigenlex.set_threads, "many")


def test_memory_is_kept_to() -> None:
    error = refused(
        MemoryError, "of memory, the budget is", eigenlex.embed, "corpora/english.txt", memory="1MB"
    )
    assert isinstance(error, eigenlex.ResourceError)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    for options in ({"dim": 10**6}, {"min_count": 10**6}):
        with pytest.raises(eigenlex.Error):
            eigenlex.embed("corpora/english.txt", output=tmp_path / "m", **options)
    with pytest.raises(eigenlex.FileError):
        eigenlex.embed(TEXTS, output=tmp_path / "no" / "such" / "m", recipe="documents", dim=1)
    assert list(tmp_path.iterdir()) == []


def test_the_texts_are_those_of_the_program(tmp_path: Path) -> None:
    for arguments, call, options in (
        (["embed", "no-such", "-o", f"{tmp_path}/m"], lambda: eigenlex.embed(Path("no-such")), 1),
        (["neighbors", "corpora", "king"], lambda: eigenlex.WordVectors.load("corpora"), 3),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "eigenlex", *arguments], capture_output=True, text=True
        )
        with pytest.raises(eigenlex.Error) as found:
            call()
        assert done.returncode == options
        assert done.stderr.removeprefix("error: ").strip() == str(found.value)


def test_a_listener_must_be_callable() -> None:
    refused(
        TypeError,
        "progress: found int, expected None, True or a function",
        eigenlex.embed,
        TEXTS,
        progress=3,
    )
    assert not [it for it in os.listdir(".") if it.endswith(".checkpoints")]
