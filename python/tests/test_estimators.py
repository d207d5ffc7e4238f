"""Estimators: scikit-learn's own checks, and TruncatedSVD beside ours."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import eigenlex

sklearn = pytest.importorskip("sklearn")
sparse = pytest.importorskip("scipy.sparse")


@pytest.mark.parametrize("name", ["RandomizedSVD", "LSA"])
def test_the_checks_of_scikit_learn_pass(name: str) -> None:
    from sklearn.utils.estimator_checks import check_estimator

    estimator = getattr(eigenlex, name)()
    with warnings.catch_warnings():
        # Estimators of texts are not asked most questions, which is a warning.
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, on_fail=None)
    failed = [(it["check_name"], it["exception"]) for it in results if it["status"] == "failed"]
    assert not failed
    assert sum(it["status"] == "passed" for it in results) >= (40 if name == "RandomizedSVD" else 1)


@pytest.fixture(scope="module")
def tfidf(lines: list[str]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer().fit_transform(lines)


def test_it_explains_no_less_than_truncated_svd(tfidf: Any) -> None:
    from sklearn.decomposition import TruncatedSVD

    ours = eigenlex.RandomizedSVD(50).fit(tfidf)
    theirs = TruncatedSVD(50, random_state=0).fit(tfidf)
    assert ours.explained_variance_ratio_.sum() >= theirs.explained_variance_ratio_.sum() - 1e-6
    assert (ours.singular_values_ >= theirs.singular_values_ - 1e-4).all()
    assert ours.components_.shape == theirs.components_.shape
    first = np.abs((ours.components_[:5] * theirs.components_[:5]).sum(axis=1))
    assert np.allclose(first, 1, atol=1e-3)
    assert list(ours.get_feature_names_out()[:2]) == ["randomizedsvd0", "randomizedsvd1"]
    assert ours.converged_ and ours.residuals_.max() <= 1e-3


def test_all_roads_to_the_codes_agree(tfidf: Any) -> None:
    ours = eigenlex.RandomizedSVD(10)
    codes = ours.fit_transform(tfidf)
    assert np.array_equal(codes, ours.transform(tfidf))
    assert np.array_equal(codes, eigenlex.RandomizedSVD(10, random_state=42).fit_transform(tfidf))
    seeded = eigenlex.RandomizedSVD(10, random_state=np.random.RandomState(3)).fit_transform(tfidf)
    assert np.allclose(np.abs(codes[:, 0]), np.abs(seeded[:, 0]), atol=1e-3)
    assert codes.dtype == np.float64
    single = eigenlex.RandomizedSVD(10).fit_transform(tfidf.astype(np.float32))
    assert single.dtype == np.float32
    restored = ours.inverse_transform(codes)
    assert restored.shape == tfidf.shape
    again = pickle.loads(pickle.dumps(ours))
    assert np.array_equal(again.transform(tfidf), codes)


def test_pipelines_and_searches_take_them(lines: list[str]) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    texts = lines[:400]
    classes = [int("king" in it or "queen" in it) for it in texts]
    pipeline = make_pipeline(TfidfVectorizer(), eigenlex.RandomizedSVD(5), LogisticRegression())
    search = GridSearchCV(pipeline, {"randomizedsvd__n_components": [3, 8]}, cv=2)
    assert search.fit(texts, classes).best_score_ > 0.5
    lsa = make_pipeline(eigenlex.LSA(8), LogisticRegression())
    assert lsa.fit(texts, classes).score(texts, classes) > 0.5


def test_lsa_takes_texts(lines: list[str]) -> None:
    lsa = eigenlex.LSA(20)
    codes = lsa.fit_transform(lines)
    assert np.array_equal(codes, lsa.transform(lines)) and codes.shape == (len(lines), 20)
    assert np.array_equal(codes, eigenlex.LSA(20).fit_transform(iter(lines)))
    assert np.array_equal(codes, pickle.loads(pickle.dumps(lsa)).transform(lines))
    assert lsa.get_feature_names_out()[0] == "lsa0"
    assert "king" in lsa.vocabulary_ and 0 < lsa.explained_ < 1
    assert lsa.model_.search("a king", lines, topn=1)
    from sklearn.base import clone

    plain = clone(lsa).set_params(recipe="lsa", options={"stop_words": None})
    assert plain.fit(lines).model_.config["weighting"] != lsa.model_.config["weighting"]
    with pytest.warns(
        UserWarning, match="1 of 2 documents have no word of the model, the first is document 1"
    ):
        assert not lsa.transform(["a king", "zzz"])[1].any()
    with pytest.raises(TypeError, match="found a string, expected an iterable of texts"):
        lsa.fit("corpora/english.txt")
    # Texts that are the names of files are texts.
    names = ["corpora", "README.md"] * 5
    assert eigenlex.LSA(1).fit(names).vocabulary_
