"""The questions of gensim's documentation of `KeyedVectors`, asked of both with the import changed,
on the vectors and tests that gensim brings along."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eigenlex

models = pytest.importorskip("gensim.models")

from gensim.test.utils import datapath  # noqa: E402

#: Each is an expression of `wv`.
QUESTIONS = [
    "wv['australian']",
    "wv[['australian', 'government']]",
    "wv.get_vector('government', norm=True)",
    "wv.vectors.shape",
    "wv.vector_size",
    "len(wv)",
    "'government' in wv",
    "'no-such-word' in wv",
    "wv.key_to_index['government']",
    "wv.index_to_key[:5]",
    "wv.most_similar(positive=['woman', 'government'], negative=['man'])",
    "wv.most_similar_cosmul(positive=['woman', 'government'], negative=['man'])",
    "wv.most_similar('australia', topn=3)",
    "wv.most_similar(positive=['australia'], restrict_vocab=100)",
    "wv.doesnt_match('australia government palestinian he'.split())",
    "wv.similarity('woman', 'man')",
    "wv.similarity('woman', 'woman')",
    "wv.similar_by_word('australia')",
    "wv.similar_by_key('australia', topn=4)",
    "wv.similar_by_vector(wv['australia'], topn=4)",
    "wv.distance('australia', 'australia')",
    "wv.distances('australia', ['government', 'people'])",
    "wv.n_similarity(['new', 'south'], ['australia', 'government'])",
    "wv.rank('australia', 'government')",
    "wv.closer_than('australia', 'government')[:10]",
    "wv.most_similar_to_given('australia', ['man', 'government'])",
    "wv.get_mean_vector(['australia', 'government'])",
    "wv.rank_by_centrality(['australia', 'government', 'man'])",
    "wv.evaluate_word_analogies(datapath('questions-words.txt'))[0]",
    "wv.evaluate_word_analogies(datapath('questions-words.txt'), dummy4unknown=True)[0]",
    "wv.evaluate_word_pairs(datapath('wordsim353.tsv'))",
    "wv.evaluate_word_pairs(datapath('simlex999.txt'), dummy4unknown=True)",
]

#: How each file is opened, the class being the one that is imported.
OPENED = [
    "KeyedVectors.load_word2vec_format(datapath('euclidean_vectors.bin'), binary=True)",
    "KeyedVectors.load_word2vec_format(datapath('word2vec_pre_kv_c'), binary=False)",
]


def plain(value: Any) -> Any:
    """Numbers and words, without the types that hold them."""
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, (float, np.floating)):
        return pytest.approx(float(value), abs=2e-5, nan_ok=True)
    if isinstance(value, np.ndarray):
        return pytest.approx(value, abs=2e-5)
    return [plain(it) for it in value]


@pytest.mark.parametrize("opened", OPENED)
def test_the_answers_are_those_of_gensim(opened: str) -> None:
    names = {"datapath": datapath}
    theirs = eval(opened, {**names, "KeyedVectors": models.KeyedVectors})
    ours = eval(opened, {**names, "KeyedVectors": eigenlex.WordVectors})
    missing = "cannot be asked: a word is not in the vocabulary"

    def ask(question: str, wv: Any) -> Any:
        try:
            return eval(question, {**names, "wv": wv})
        except KeyError:
            return missing

    unanswered = 0
    for question in QUESTIONS:
        expected, found = ask(question, theirs), ask(question, ours)
        unanswered += expected is missing
        if isinstance(found, np.ndarray):
            assert np.allclose(found, expected, atol=2e-5), question
        else:
            assert as_list(found) == plain(expected), question
    assert unanswered < len(QUESTIONS) / 2


def as_list(value: Any) -> Any:
    if isinstance(value, (str, bool, int, float, np.generic)):
        return value
    return [as_list(it) for it in value]


@pytest.mark.parametrize("name", ["crime-and-punishment.bin", "lee_fasttext_new.bin"])
def test_files_of_fasttext_have_the_vectors_of_gensim(name: str) -> None:
    theirs = models.fasttext.load_facebook_vectors(datapath(name))
    ours = eigenlex.WordVectors.load(datapath(name))
    # To the end of a line fastText gives no n-grams; gensim does.
    words = [it for it in theirs.index_to_key if it in ours and it != "</s>"]
    assert len(words) > 200
    assert np.allclose(ours[words], theirs[words], atol=1e-5)
    assert np.allclose(ours.guess("governmentality"), theirs["governmentality"], atol=1e-5)
