"""Documents: codes, search, completions, clusters."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eigenlex


def test_codes_are_those_of_the_program(
    tmp_path: Path, documents: eigenlex.Model, lines: list[str]
) -> None:
    from eigenlex import _eigenlex
    from eigenlex.progress import Listener

    codes = documents.encode("corpora/english.txt")
    assert codes.shape == (len(lines), 20)
    assert np.array_equal(codes, documents.encode(lines))
    of_texts = eigenlex.embed(lines, recipe="documents", dim=20)
    assert np.array_equal(codes, of_texts.encode("corpora/english.txt"))
    assert len(documents.encode("corpora/english.txt", document="file")) == 1
    assert len(documents.encode(["One. Two."], document="sentence")) == 2
    with pytest.raises(eigenlex.ParameterError, match="document is 'word', expected record, file"):
        documents.encode(lines, document="word")
    documents.save(tmp_path / "m")
    paths, output = [str(tmp_path / "m"), "corpora/english.txt"], f"--output={tmp_path}/c.npy"
    _eigenlex.run_command("encode", paths, {}, [output], Listener())
    assert np.array_equal(np.load(tmp_path / "c.npy"), codes)


def test_searches_find_what_the_query_is_about(documents: eigenlex.Model, lines: list[str]) -> None:
    index = documents.index(lines)
    assert len(index) == len(lines) and index.codes.shape[1] == 20
    found = index.search("a king and a queen", topn=5)
    assert len(found) == 5 and found[0].score >= found[-1].score
    assert any("king" in lines[it.document] for it in found)
    assert documents.search("a king and a queen", lines, topn=5) == found
    assert index.name(0) == "texts:1"
    of_file = documents.index("corpora/english.txt")
    assert of_file.name(2) == "corpora/english.txt:3"
    assert [it[0] for it in of_file.search("a king and a queen", 5)] == [it[0] for it in found]
    with pytest.raises(eigenlex.NotFoundError):
        index.search("zzz qqq")


def test_clusters_have_words_and_labels(documents: eigenlex.Model, lines: list[str]) -> None:
    clusters = documents.cluster([*lines, "zzz"], 6, n_words=4)
    assert len(clusters) == 6 and clusters.converged
    assert clusters.labels[-1] == -1 and len(clusters.labels) == len(lines) + 1
    assert all(len(it.words) <= 4 for it in clusters)
    for it in clusters:
        assert it.size == (clusters.labels == it.cluster).sum()
    again = documents.cluster([*lines, "zzz"], 6, n_words=4)
    assert np.array_equal(again.labels, clusters.labels)
    kept = pickle.loads(pickle.dumps(clusters))
    assert kept == clusters and np.array_equal(kept.labels, clusters.labels)
    with pytest.raises(eigenlex.ParameterError):
        documents.cluster(lines[:3], 5)


def test_words_that_fit_a_text_are_found(documents: eigenlex.Model) -> None:
    found = documents.complete("the king and the", topn=5)
    assert len(found) == 5 and "king" not in [it.word for it in found]
    assert documents.complete("the king and the", order="count") != found
    with pytest.raises(
        eigenlex.ParameterError, match="order is 'x', expected fit, count or weight"
    ):
        documents.complete("a king", order="x")


def test_results_become_tables(documents: eigenlex.Model, lines: list[str]) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    found = documents.search("a king", lines, topn=3)
    frame = found.to_pandas()
    assert list(frame.columns) == ["document", "name", "score", "similarity", "found_by"]
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 3
    assert found.to_arrow().num_rows == 3
    assert polars.DataFrame(found.to_arrow()).shape == (3, 5)
    assert "<table>" in found._repr_html_()
    clusters = documents.cluster(lines, 3)
    assert clusters.to_pandas().shape == (3, 3)


def test_vectors_alone_have_no_documents(tmp_path: Path, english: eigenlex.Model) -> None:
    english.wv.save(tmp_path / "v.vec")
    held = eigenlex.WordVectors.load(tmp_path / "v.vec")._held
    with pytest.raises(eigenlex.DataError, match="documents need a model"):
        held.code_dim()


def test_texts_without_a_word_have_codes_of_zeros_alone_and_in_company() -> None:
    texts = ["a cat and a dog", "a dog and a cat", "a ship at sea", "the sea and a ship"] * 5
    model = eigenlex.embed(iter(texts), recipe="documents", dim=2, min_count=1)
    for empty in ([""], ["!! .."], [[]], ["", "  "], [], ["zzz"]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            codes = model.encode(empty)
        assert codes.shape == (len(empty), 2) and not codes.any(), empty
    assert model.encode(["a cat"]).any()
    lsa = eigenlex.LSA(2, min_count=1).fit(texts)
    with pytest.warns(UserWarning, match="1 of 1 documents"):
        assert not lsa.transform([""]).any()


def test_columns_of_pandas_need_no_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = pytest.importorskip("pandas")
    texts = ["a cat and a dog", "a dog and a cat", None, "the sea and a ship"] * 5
    full = [it or "" for it in texts]
    options: dict[str, Any] = {"recipe": "documents", "dim": 2, "min_count": 1}
    expected = eigenlex.embed(iter(full), **options).digest

    def refuse(*_: Any) -> Any:
        raise ImportError("Import pyarrow failed")

    monkeypatch.setattr(pandas.Series, "__arrow_c_stream__", refuse, raising=False)
    for dtype in ("object", "str", "category"):
        column = pandas.Series(texts, dtype=dtype)
        assert eigenlex.embed(column, **options).digest == expected, dtype


def test_an_index_is_pickled_with_its_words(documents: eigenlex.Model, lines: list[str]) -> None:
    for corpus in (["zzz", *lines], "corpora/english.txt"):
        index = documents.index(corpus)
        again = pickle.loads(pickle.dumps(index))
        assert len(again) == len(index) and repr(again) == repr(index)
        assert np.array_equal(again.codes, index.codes) and again.documents == index.documents
        for query in ("a king and a queen", "flour", "zzz king"):
            assert again.search(query) == index.search(query)
        assert again.cluster(4) == index.cluster(4)
        assert pickle.loads(pickle.dumps(again)).search("flour") == index.search("flour")
    with pytest.raises(eigenlex.DataError, match="no document has a word of the model"):
        pickle.dumps(documents.index(["zzz"]))


def test_numbers_and_names_of_an_index_are_checked(
    documents: eigenlex.Model, lines: list[str]
) -> None:
    index = documents.index(lines[:20])
    for call, message in (
        (lambda: index.name(-1), "document is -1, expected at least 0"),
        (lambda: index.name(20), "document is 20, expected at most 19"),
        (lambda: index.search("king", topn=-1), "topn is -1, expected at least 1"),
        (lambda: index.cluster(0), "n_clusters is 0, expected at least 1"),
        (lambda: index.cluster(-2), "n_clusters is -2, expected at least 1"),
        (lambda: index.cluster(2, seed=2**64), "seed is 18446744073709551616, expected at most"),
        (lambda: index.cluster(2, n_words=-1), "n_words is -1, expected at least 0"),
    ):
        with pytest.raises(eigenlex.ParameterError, match=message):
            call()
    with pytest.raises(TypeError, match="query: found int, expected a string"):
        index.search(3)  # type: ignore[arg-type]
