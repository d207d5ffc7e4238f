"""Wrong calls of every public function: the exception that fits, in plain words of Python, with the
name of the argument; never a panic, and never a wait."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eigenlex

Call = Callable[[], Any]

HUGE = 10**30
NAN = float("nan")
TEXTS = ["a cat and a dog", "a dog and a cat"] * 20
SMALL: dict[str, Any] = {"recipe": "documents", "dim": 2}


def embed(**options: Any) -> Any:
    return eigenlex.embed(TEXTS, **{**SMALL, **options})


def calls(model: Any, documents: Any, index: Any, alignment: Any) -> dict[str, Call]:
    """Wrong calls by their source, which begins with the function."""
    wv, svd, lsa, reducer = model.wv, eigenlex.svd, eigenlex.LSA, eigenlex.RandomizedSVD
    lines = TEXTS
    names = {
        **globals(),
        **locals(),
        "vectors": eigenlex.WordVectors,
        "a": np.eye(6),
        "np": np,
        "E": eigenlex,
    }
    return {line: (lambda line=line: eval(line, names)) for line in WRONG.split("\n") if line}


#: A call a line; what has to be named in the message stands after the comment sign.
WRONG = """
embed(dim=0)  # dim
embed(dim=-3)  # dim
embed(dim=HUGE)  # dim
embed(dim=NAN)  # dim
embed(dim=1.5)  # dim
embed(dim="")  # dim
embed(min_count=-1)  # min_count
embed(window=3)  # window
embed(memory=-1)  # memory
embed(memory="")  # memory
embed(seed=2**64)  # seed
embed(seed=-1)  # seed
embed(tolerance=NAN)  # tolerance
embed(tolerance=0)  # tolerance
embed(tolerance="inf")  # tolerance
embed(threads=-1)  # threads
embed(threads=HUGE)  # threads
embed(output="")  # output
embed(output=3)  # output
embed(force=1)  # force
embed(force="yes")  # force
embed(recipe=None, dispersion=NAN)  # dispersion
embed(paths="yes")  # paths
embed(progress=3)  # progress
embed(stop_words=["no-such-file"])  # no-such-file
E.options(3)  # command
E.set_threads(NAN)  # n_threads
E.Model.open(3)  # path
E.Model.open("")  # path
E.Model.open(b"x")  # path
model.save(3)  # path
model.save("corpora", force=True)  # corpora
model.math(3)  # expression
model.math("")  # expression
model.math("king", topn=NAN)  # topn
model.math("king", topn=HUGE)  # topn
model.math("king", method=3)  # method
model.math("king", restrict_to=3)  # restrict_to
model.math("king", restrict_to=["quokka"])  # quokka
model.math("king", guess="yes")  # guess
model.neighbors(3)  # word
model.neighbors("")  # word
model.neighbors("king", topn=-1)  # topn
model.similarity("king", 3)  # right
model.odd_one_out("king")  # words
model.odd_one_out([])  # three
model.odd_one_out(["king", 3.5])  # key
model.tokenize(3)  # text
model.tokenize("a\\ud800")  # text
model.complete(3)  # text
documents.complete("a king", topn=-1)  # topn
documents.complete("a king", order=3)  # order
documents.encode(3)  # corpus
documents.encode(["a"], document=3)  # document
documents.encode([3])  # document 0
documents.index(None)  # corpus
documents.search(3, lines)  # query
documents.search("king", 3)  # corpus
documents.search("king", lines, topn=NAN)  # topn
documents.cluster(lines, 0)  # n_clusters
documents.cluster(lines, HUGE)  # n_clusters
documents.cluster(lines, 10**12)  # clusters
index.search("king", topn=0)  # topn
index.search("")  # nothing
index.name(HUGE)  # document
index.name("x")  # document
index.cluster(2, seed=NAN)  # seed
wv[3.5]  # key
wv[10**9]  # position
wv[-1]  # position
wv.most_similar()  # positive
wv.most_similar([])  # positive
wv.most_similar(3.5)  # positive
wv.most_similar("king", topn=NAN)  # topn
wv.most_similar("king", topn=HUGE)  # topn
wv.most_similar("king", restrict_vocab="x")  # restrict_vocab
wv.most_similar("king", restrict_vocab=HUGE)  # restrict_vocab
wv.most_similar("king", clip_start=1.5)  # clip_start
wv.most_similar("king", restrict_to="queen")  # restrict_to
wv.most_similar([("king", "x")])  # vector
wv.most_similar([("king", NAN)])  # weight
wv.most_similar([np.zeros(3)])  # vector
wv.most_similar([np.zeros(100)])  # zero
wv.most_similar_cosmul("king", topn=1.5)  # topn
wv.similar_by_vector(np.array(["a"] * 100))  # vector
wv.similar_by_vector(None)  # vector
wv.similarity("king", None)  # key
wv.distances("king", other_words="queen")  # other_words
wv.n_similarity("king", "queen")  # ws1
wv.n_similarity([], ["king"])  # empty
wv.doesnt_match([])  # words
wv.doesnt_match("king queen")  # words
wv.most_similar_to_given("king", [])  # keys_list
wv.cosine_similarities(np.ones(3), np.ones((2, 4)))  # vectors_all
wv.relative_cosine_similarity("king", "queen", topn=0)  # topn
wv.wmdistance("king", ["queen"])  # document1
wv.wmdistance(["king"], ["queen"], norm=3)  # norm
wv.get_mean_vector([])  # keys
wv.get_mean_vector(["king"], weights=["x"])  # weights
wv.get_mean_vector(["king"], weights=[1, 2])  # weights
wv.get_vecattr("king", "size")  # attr
wv.guess(3)  # word
wv.vectors_for_all("king")  # keys
wv.vectors_for_all([3])  # key
wv.save("x.zzz")  # format
wv.save("x.vec", format="zzz")  # format
wv.save("x.vec", format=3)  # format
wv.save_word2vec_format("x", fvocab="y")  # fvocab
wv.evaluate_word_analogies("no-such-file")  # no-such-file
wv.evaluate_word_analogies("corpora/english.txt")  # section
wv.evaluate_word_analogies(3)  # analogies
wv.evaluate_word_pairs("corpora/english.txt")  # english.txt
wv.evaluate_word_pairs("corpora/english.similarity.tsv", delimiter=3)  # delimiter
wv.evaluate_word_pairs("corpora/english.similarity.tsv", encoding="no-such")  # encoding
vectors.load(3)  # path
vectors.load("corpora/english.txt", limit=0)  # limit
vectors.load("corpora/english.txt", limit=-1)  # limit
vectors.load("corpora/english.txt", strict="x")  # strict
vectors.load("corpora/english.txt", encoding="no-such")  # no-such
vectors.load("corpora/english.txt")  # english.txt
vectors.from_arrays("ab", a)  # words
vectors.from_arrays([1, 2], np.eye(2))  # word 0
vectors.from_arrays(["a"], [[NAN]])  # vectors
vectors.from_arrays(["a"], [[1e300]])  # vectors
vectors.from_arrays(["a"], [["x"]])  # vectors
vectors.from_arrays(["a", "b"], [[1], [1, 2]])  # vectors
vectors.from_arrays([], np.zeros((0, 3)))  # word
vectors.from_arrays(["a"], np.ones(3))  # vectors
svd(a, NAN)  # k
svd(a, -1)  # k
svd(a, HUGE)  # k
svd(a, 2, tolerance=NAN)  # tolerance
svd(a, 2, tolerance=float("inf"))  # tolerance
svd(a, 2, seed=-1)  # seed
svd(a, 2, precision=3)  # precision
svd(a * NAN, 2)  # finite
svd(a * 0, 2)  # zeros
svd(np.zeros((0, 3)), 1)  # k
svd(None, 2)  # matrix
svd([[1, 2], [3]], 1)  # matrix
svd("abc", 2)  # matrix
svd(a, 2, squared_norm=3)  # squared_norm
reducer(0).fit(a)  # n_components
reducer(7).fit(a)  # n_components
reducer(2, tolerance=NAN).fit(a)  # tolerance
reducer(2, random_state=2**64).fit(a)  # random_state
reducer(2, random_state="x").fit(a)  # x
lsa(0).fit(lines)  # n_components
lsa(2, min_count=-1).fit(lines)  # min_count
lsa(2, random_state=-1).fit(lines)  # random_state
lsa(2, options=3).fit(lines)  # options
lsa(2, tokenizer=3).fit(lines)  # tokenizer
lsa(2).fit("a")  # X
lsa(2).fit(None)  # X
lsa(2).fit([1])  # document 0
E.align(model, 3, identical=True)  # model
E.align(model, model, dictionary=3)  # dictionary
E.align(model, model, dictionary=[])  # dictionary
E.align(model, model, dictionary=[("a",)])  # dictionary
E.align(model, model, dictionary={"a": 3})  # dictionary
E.align(model, model, identical=3)  # identical
E.align(model, documents, identical=True, dim=NAN)  # dim
E.align_hub(model, 3)  # sources
E.align_hub(model, [])  # two
E.align_chain(3)  # slices
E.align_chain([model])  # two
E.drift([model], "king")  # two
E.embed_parallel(3, 4, "x")  # source
E.embed_parallel("corpora/english.txt", "no-such", "x")  # no-such
alignment.translate(3)  # words
alignment.translate("king", topn=-1)  # topn
alignment.translate("king", retrieval=3)  # retrieval
alignment.translate("king", reverse="x")  # reverse
alignment.translate("king", restrict_to="rey")  # restrict_to
alignment.translate([3])  # word
alignment.mapped(3)  # side
alignment.save(3)  # path
E.Alignment.open(3)  # path
E.Alignment.open("corpora/english.txt")  # english.txt
E.Spaces.open("corpora/english.txt")  # english.txt
E.evaluate(3)  # model
E.evaluate(model)  # test
E.evaluate([])  # model
E.evaluate(model, analogies=3)  # 3
E.evaluate(model, similarity="corpora/english.txt")  # english.txt
"""


def test_wrong_calls_are_refused_in_words_of_python(
    tmp_path: Path,
    english: eigenlex.Model,
    documents: eigenlex.Model,
    pair: tuple[eigenlex.Model, eigenlex.Model],
    capfd: pytest.CaptureFixture[str],
) -> None:
    index = documents.index(TEXTS[:2] + ["a king"])
    alignment = eigenlex.align(*pair, identical=True)
    wrong = []
    for line, call in calls(english, documents, index, alignment).items():
        expected = line.split("  # ")[1]
        begun = time.monotonic()
        try:
            call()
            wrong.append(f"{line}: no exception")
            continue
        except (eigenlex.Error, TypeError, ValueError, KeyError) as error:
            message, kind = str(error), type(error).__name__
        except BaseException as error:
            wrong.append(f"{line}: {type(error).__name__}: {error}")
            continue
        if time.monotonic() - begun > 5:
            wrong.append(f"{line}: waits")
        if re.search(r"(?<![\w`])--\w", re.sub("`eigenlex [^`]*`", "", message)):
            wrong.append(f"{line}: an option of the program: {kind}: {message}")
        if expected not in message:
            wrong.append(f"{line}: {expected!r} is not named: {kind}: {message}")
        if not message or len(message) > 600 or "panicked" in message or "PyO3" in message:
            wrong.append(f"{line}: {kind}: {message}")
    assert "panicked" not in capfd.readouterr().err
    assert not wrong, "\n".join(wrong)
    assert not Path("x").exists() and not Path("x.vec").exists()
