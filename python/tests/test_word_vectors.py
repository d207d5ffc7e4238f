"""Word vectors: gensim beside ours on the same vectors, and files of every kind."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eigenlex
from eigenlex import WordVectors


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, english: eigenlex.Model) -> Path:
    folder = tmp_path_factory.mktemp("vectors")
    english.wv.save_word2vec_format(folder / "en.vec")
    english.wv.save_word2vec_format(folder / "en.w2v.bin", binary=True)
    english.wv.save_word2vec_format(folder / "en.glove.txt", write_header=False)
    for ending in ("npy", "npz", "safetensors", "fifu", "vec.gz"):
        english.wv.save(folder / f"en2.{ending}")
    return folder


@pytest.fixture(scope="module")
def ours(files: Path) -> WordVectors:
    return WordVectors.load(files / "en.vec")


@pytest.fixture(scope="module")
def gensims(files: Path) -> Any:
    models = pytest.importorskip("gensim.models")
    return models.KeyedVectors.load_word2vec_format(str(files / "en.vec"))


def same(ours: Any, theirs: Any) -> None:
    assert [word for word, _ in ours] == [word for word, _ in theirs]
    assert np.allclose([it for _, it in ours], [it for _, it in theirs], atol=2e-6)


def test_every_format_is_read(files: Path, english: eigenlex.Model) -> None:
    for path in sorted(files.iterdir()):
        if path.name.endswith(".words.txt") or path.suffix == ".txt" and "glove" not in path.name:
            continue
        read = WordVectors.load(path)
        assert read.index_to_key == english.wv.index_to_key, path
        assert np.allclose(read.vectors, english.wv.vectors, atol=1e-6), path


def test_gensim_reads_what_we_write_and_so_do_we(
    files: Path, gensims: Any, ours: WordVectors
) -> None:
    models = pytest.importorskip("gensim.models")
    binary = models.KeyedVectors.load_word2vec_format(str(files / "en.w2v.bin"), binary=True)
    assert np.array_equal(binary.vectors, ours.vectors)
    assert binary.index_to_key == ours.index_to_key
    assert dict(ours.key_to_index) == gensims.key_to_index


def test_the_names_of_gensim_have_its_answers(gensims: Any, ours: WordVectors) -> None:
    assert ours.vector_size == gensims.vector_size and len(ours) == len(gensims)
    assert np.array_equal(ours["king"], gensims["king"])
    assert np.array_equal(ours[["king", "queen"]], gensims[["king", "queen"]])
    assert np.allclose(ours.get_vector("king", norm=True), gensims.get_vector("king", norm=True))
    assert np.allclose(ours.get_normed_vectors(), gensims.get_normed_vectors(), atol=1e-6)
    assert ("king" in ours, "quokka" in ours) == ("king" in gensims, "quokka" in gensims)
    assert ours.get_index("king") == gensims.get_index("king")
    assert ours.get_index("quokka", default=7) == gensims.get_index("quokka", default=7)
    assert ours.has_index_for("king") and not ours.has_index_for("quokka")
    assert ours.similarity("king", "queen") == pytest.approx(
        gensims.similarity("king", "queen"), abs=1e-6
    )
    assert ours.distance("king", "queen") == pytest.approx(
        gensims.distance("king", "queen"), abs=1e-6
    )
    left, right = ["king", "queen"], ["bread", "oven"]
    assert ours.n_similarity(left, right) == pytest.approx(
        gensims.n_similarity(left, right), abs=1e-5
    )
    assert np.allclose(ours.distances("king"), gensims.distances("king"), atol=1e-5)
    assert np.allclose(
        ours.distances("king", ["queen", "bread"]),
        gensims.distances("king", ["queen", "bread"]),
        atol=1e-5,
    )
    assert ours.doesnt_match(["king", "queen", "oven", "man"]) == gensims.doesnt_match(
        ["king", "queen", "oven", "man"]
    )
    assert ours.closer_than("king", "queen") == gensims.closer_than("king", "queen")
    assert ours.rank("king", "queen") == gensims.rank("king", "queen")
    assert ours.most_similar_to_given("king", ["oven", "queen"]) == "queen"
    mean = ours.get_mean_vector(["king", "queen"], weights=[1.0, -0.5])
    assert np.allclose(
        mean, gensims.get_mean_vector(["king", "queen"], weights=[1.0, -0.5]), atol=1e-6
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"positive": ["king", "woman"], "negative": ["man"]},
        {"positive": "king"},
        {"positive": ["king"], "topn": 3},
        {"positive": ["paris", "italy"], "negative": ["france"], "restrict_vocab": 200},
        {"positive": [("king", 2.0), "woman"], "negative": [("man", -0.5)], "topn": 5},
        {"positive": ["king"], "clip_start": 10, "clip_end": 100},
        {"positive": [5]},
        {"positive": ["king"], "topn": 0},
        {"positive": ["king"], "topn": -3},
        {"positive": ["king"], "restrict_vocab": 0},
        {"positive": ["king"], "restrict_vocab": -1},
        {"positive": ["king"], "restrict_vocab": -1300},
        {"positive": ["king"], "restrict_vocab": 10**9},
        {"positive": ["king"], "restrict_vocab": 50, "clip_start": 20},
        {"positive": ["king"], "clip_end": 0},
        {"positive": ["king"], "clip_end": -1300},
        {"positive": ["king"], "clip_start": 1390},
        {"positive": ["king"], "clip_start": 50, "clip_end": 50},
    ],
)
def test_most_similar_is_that_of_gensim(
    gensims: Any, ours: WordVectors, arguments: dict[str, Any]
) -> None:
    same(ours.most_similar(**arguments), gensims.most_similar(**arguments))


def test_other_questions_are_those_of_gensim(gensims: Any, ours: WordVectors) -> None:
    same(ours.similar_by_word("king"), gensims.similar_by_word("king"))
    vector = ours["king"] + ours["woman"]
    same(ours.similar_by_vector(vector), gensims.similar_by_vector(vector))
    # Vectors are taken as they are, words at length 1.
    mixed = {"positive": [3 * ours["oven"], "king"], "negative": [ours["bread"], "man"]}
    same(ours.most_similar(**mixed), gensims.most_similar(**mixed))
    same(ours.most_similar(positive=[vector]), gensims.most_similar(positive=[vector]))
    question = {"positive": ["king", "woman"], "negative": ["man"], "topn": 5}
    same(ours.most_similar_cosmul(**question), gensims.most_similar_cosmul(**question))
    all_ours = ours.most_similar("king", topn=None)
    assert np.allclose(all_ours, gensims.most_similar("king", topn=None), atol=1e-6)


@pytest.mark.parametrize("restrict_vocab", [0, -1, 5, -1390])
def test_restrictions_are_read_as_by_gensim(
    tmp_path: Path, gensims: Any, ours: WordVectors, restrict_vocab: int
) -> None:
    options: dict[str, Any] = {"topn": None, "restrict_vocab": restrict_vocab}
    mine, theirs = ours.most_similar("king", **options), gensims.most_similar("king", **options)
    assert mine.shape == theirs.shape and np.allclose(mine, theirs, atol=1e-6)
    same(
        ours.similar_by_word("king", restrict_vocab=restrict_vocab),
        gensims.similar_by_word("king", restrict_vocab=restrict_vocab),
    )
    path = "corpora/english.analogies.txt"
    score, _ = ours.evaluate_word_analogies(path, restrict_vocab=restrict_vocab)
    assert score == pytest.approx(
        gensims.evaluate_word_analogies(path, restrict_vocab=restrict_vocab)[0]
    )


class Indexer:
    """Answers with what it was asked."""

    def most_similar(self, vector: Any, topn: int) -> list[tuple[str, float]]:
        return [("asked", float(vector.sum()))] * topn


def test_an_indexer_is_asked_as_by_gensim(gensims: Any, ours: WordVectors) -> None:
    question: dict[str, Any] = {"positive": ["king", "woman"], "negative": ["man"], "topn": 3}
    mine = ours.most_similar(**question, indexer=Indexer())
    theirs = gensims.most_similar(**question, indexer=Indexer())
    assert [word for word, _ in mine] == ["asked"] * 3
    assert [it for _, it in mine] == pytest.approx([it for _, it in theirs], abs=1e-5)
    with pytest.raises(eigenlex.ParameterError, match="indexer is given, expected None"):
        ours.most_similar("king", indexer=Indexer(), restrict_vocab=100)


def test_further_names_have_the_answers_of_gensim(gensims: Any, ours: WordVectors) -> None:
    rows = ours.vectors[:50]
    assert np.allclose(
        ours.cosine_similarities(ours["king"], rows),
        gensims.cosine_similarities(gensims["king"], rows),
        atol=1e-6,
    )
    for topn in (1, 5, 10):
        assert ours.relative_cosine_similarity("king", "queen", topn) == pytest.approx(
            gensims.relative_cosine_similarity("king", "queen", topn), abs=1e-5
        )
    ours.fill_norms(force=True)
    gensims.fill_norms(force=True)
    assert np.allclose(ours.norms, gensims.norms, rtol=1e-5)
    words = ["king", "queen", "oven", "man"]
    for use_norm in (True, False):
        mine = ours.rank_by_centrality(words, use_norm=use_norm)
        theirs = gensims.rank_by_centrality(words, use_norm=use_norm)
        assert [it[1] for it in mine] == [it[1] for it in theirs]
        assert [it[0] for it in mine] == pytest.approx([float(it[0]) for it in theirs], abs=1e-4)
    keys = ["oven", "king", "quokka", "oven"]
    mine, theirs = ours.vectors_for_all(keys), gensims.vectors_for_all(keys)
    assert list(mine.index_to_key) == theirs.index_to_key == ["oven", "king"]
    assert np.array_equal(mine.vectors, theirs.vectors)


def test_word_movers_distances_are_those_of_gensim(
    gensims: Any, ours: WordVectors, lines: list[str]
) -> None:
    pytest.importorskip("ot")
    documents = [it.lower().split() for it in lines[:400:13]]
    documents += [["king"], ["king"] * 3, ["king", "queen"], ["queen", "king", "king"], ["zzz"], []]
    for norm in (True, False):
        for left, right in zip(documents, documents[1:] + documents[:1], strict=True):
            mine = ours.wmdistance(left, right, norm=norm)
            assert mine == pytest.approx(gensims.wmdistance(left, right, norm=norm), abs=1e-5)
    assert ours.wmdistance(["king", "zzz"], ["king"]) == 0.0
    assert ours.wmdistance(["zzz"], ["king"]) == float("inf")


def test_the_plan_of_the_distance_is_the_best_of_all() -> None:
    from scipy.optimize import linprog

    from eigenlex import _eigenlex
    from eigenlex.progress import Listener

    random = np.random.default_rng(5)
    for n, m in ((1, 1), (1, 7), (6, 1), (5, 8), (20, 20), (40, 17)):
        # Also equal costs, which leave many plans.
        for costs in (random.random((n, m)), random.integers(0, 3, (n, m)).astype(float)):
            left, right = random.integers(1, 9, n), random.integers(1, 9, m)
            supplies, demands = left * right.sum(), right * left.sum()
            equal = np.zeros((n + m, n * m))
            for it in range(n):
                equal[it, it * m : (it + 1) * m] = 1
            for it in range(m):
                equal[n + it, it::m] = 1
            masses = np.concatenate([supplies, demands])
            best = linprog(costs.ravel(), A_eq=equal, b_eq=masses, method="highs").fun
            found = _eigenlex.transport(costs, list(supplies), list(demands), Listener())
            assert found == pytest.approx(best, rel=1e-9, abs=1e-9)
    with pytest.raises(eigenlex.ParameterError, match="do not fit each other"):
        _eigenlex.transport(np.ones((2, 2)), [1, 1], [1, 2], Listener())


def test_what_gensim_has_is_there_or_named_in_the_guide(gensims: Any, ours: WordVectors) -> None:
    guide = Path("docs/guide/python-migration.md").read_text(encoding="utf8")
    names = {it for it in dir(gensims) if not it.startswith("_")}
    missing = {it for it in names - set(dir(ours)) if f"`{it}" not in guide}
    assert not missing, sorted(missing)
    # What is named there as missing is missing.
    table = guide.split("### What there is not")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = {it.strip(" `").split("(")[0] for row in rows for it in row.split(",")}
    assert listed and not [it for it in listed if hasattr(ours, it) and it != "load"]


def test_evaluations_are_those_of_gensim(gensims: Any, ours: WordVectors) -> None:
    path = "corpora/english.analogies.txt"
    for options in ({}, {"dummy4unknown": True}, {"restrict_vocab": 300}):
        score, sections = ours.evaluate_word_analogies(path, **options)
        theirs, their_sections = gensims.evaluate_word_analogies(path, **options)
        assert score == pytest.approx(theirs)
        for mine, other in zip(sections, their_sections, strict=True):
            assert mine["section"] == other["section"]
            assert mine["correct"] == other["correct"]
            assert len(mine["incorrect"]) == len(other["incorrect"])
    # gensim takes the name of the other function, and does not use it.
    _, sections = ours.evaluate_word_analogies(path, similarity_function="most_similar_cosmul")
    for kind in ("correct", "incorrect"):
        for question in sections[0][kind][:20]:
            a, b, c, expected = (it.lower() for it in question)
            best = gensims.most_similar_cosmul(positive=[b, c], negative=[a], topn=1)[0][0]
            assert (best == expected) == (kind == "correct")


def test_pairs_are_scored_as_by_gensim(tmp_path: Path, gensims: Any, ours: WordVectors) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(
        "# pairs\nking\tqueen\t9\nKing\toven\t1\nman\twoman\t8\nbread\toven\t7\nx\ty\t1\n"
    )
    for dummy in (False, True):
        mine = ours.evaluate_word_pairs(path, dummy4unknown=dummy)
        theirs = gensims.evaluate_word_pairs(str(path), dummy4unknown=dummy)
        assert mine[0] == pytest.approx(tuple(theirs[0]), abs=1e-5)
        assert mine[1] == pytest.approx(tuple(theirs[1]), abs=1e-5)
        assert mine[2] == pytest.approx(theirs[2])


def test_what_gensim_lacks(english: eigenlex.Model) -> None:
    wv = english.wv
    among = ["queen", "bread", "oven"]
    found = wv.most_similar("king", restrict_to=among)
    assert found[0][0] == "queen" and {word for word, _ in found} == set(among)
    assert wv["King"] is not None  # Questions to a model go through its tokenizer.
    assert english.math("king - man + woman", topn=1)[0].word == "queen"
    assert english.math("king : man :: queen : ?", topn=1)[0].word == "woman"
    assert english.math("king - man + woman", restrict_to=among)[0].word == "queen"
    assert english.neighbors("queenly", guess=True)
    assert wv.guess("queenly").shape == (100,)
    assert english.odd_one_out(["king", "queen", "oven"])[0].word == "oven"
    assert wv.get_vecattr("the", "count") == english.counts[wv.get_index("the")]


def test_vectors_are_a_view_that_nobody_can_write(tmp_path: Path, english: eigenlex.Model) -> None:
    vectors = english.wv.vectors
    assert vectors is english.wv.vectors and vectors.dtype == np.float32
    assert not vectors.flags.writeable and not vectors.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        vectors[0, 0] = 1.0
    with pytest.raises(ValueError):
        vectors.flags.writeable = True
    # The array keeps the model alive.
    vectors = eigenlex.embed(["a b", "b a"] * 10, recipe="documents", dim=1).wv.vectors
    assert np.isfinite(vectors).all()


def test_words_are_lists_and_dicts_without_memory(ours: WordVectors) -> None:
    words = ours.index_to_key
    assert words[0] == words[-len(words)] and words[:3] == [words[0], words[1], words[2]]
    assert words[::100] == list(words)[::100] and words.index("king") == ours.key_to_index["king"]
    assert "king" in words and words == list(words)
    with pytest.raises(IndexError):
        words[len(words)]
    with pytest.raises(KeyError):
        ours.key_to_index["quokka"]
    assert "words)" in repr(words) and "words)" in repr(ours.key_to_index)


def test_arrays_become_word_vectors(tmp_path: Path) -> None:
    wv = WordVectors.from_arrays(["a", "b", "c"], np.eye(3))
    assert wv.most_similar("a", topn=1)[0][1] == pytest.approx(0.0)
    assert np.array_equal(pickle.loads(pickle.dumps(wv)).vectors, np.eye(3, dtype=np.float32))
    with pytest.raises(eigenlex.DataError, match="expected a row of at least"):
        WordVectors.from_arrays(["a"], np.eye(3))
    with pytest.raises(eigenlex.DataError, match="`a` stands there twice"):
        WordVectors.from_arrays(["a", "a", "b"], np.eye(3))
    path = tmp_path / "vectors.vec"
    wv.save(path)
    with pytest.raises(FileExistsError, match="exists already"):
        wv.save(path)
    wv.save(path, force=True)
    with pytest.raises(eigenlex.ParameterError, match="expected one of"):
        wv.save(tmp_path / "vectors.zzz")


def test_faults_of_a_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "v.vec"
    path.write_text("3 2\na 1 2\na 3 4\nb 1 nan\nc 0 1\n")
    wv = WordVectors.load(path)
    assert list(wv.index_to_key) == ["a", "c"] and len(wv.faults) == 3
    with pytest.raises(eigenlex.DataError):
        WordVectors.load(path, strict=True)
    assert len(WordVectors.load(path, limit=1)) == 1
    with gzip.open(tmp_path / "v.vec.gz", "wb") as file:
        file.write(path.read_bytes())
    assert len(WordVectors.load_word2vec_format(tmp_path / "v.vec.gz", binary=False)) == 2
