"""Languages and time: maps, translations, hubs, chains, drift, and scores."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import CORPORA

import eigenlex

Pair = tuple[eigenlex.Model, eigenlex.Model]
GOLD = "corpora/english-spanish.dictionary.txt"


@pytest.fixture(scope="module")
def alignment(pair: Pair) -> eigenlex.Alignment:
    return eigenlex.align(*pair, dictionary=GOLD)


def test_words_are_translated(alignment: eigenlex.Alignment, pair: Pair) -> None:
    found = alignment.translate("king", topn=3)
    assert found[0].word == "rey" and found[0].csls is not None and len(found) == 3
    several = alignment.translate(["king", "Queen"], topn=1)
    assert [it[0].word for it in several] == ["rey", "reina"]
    assert alignment.translate("rey", topn=1, reverse=True)[0].word == "king"
    nearest = alignment.translate("king", topn=1, retrieval="nearest", orthogonal=True)
    assert nearest[0].word == "rey" and nearest[0].csls is None
    assert alignment.translate("king", restrict_to=["reina", "pan"], topn=5)[0].word == "reina"
    assert alignment.mapped().shape == (len(pair[0]), 100)
    assert np.allclose(np.linalg.norm(alignment.mapped("target"), axis=1), 1, atol=1e-5)
    assert alignment.report["coverage"]["entries"] > 100
    assert alignment.verdict == alignment.report["verdict"]
    assert "Alignment" in repr(alignment)
    assert alignment.source.digest() == pair[0].wv.digest()


def test_a_dictionary_may_be_a_list(pair: Pair) -> None:
    lines = Path(GOLD).read_text(encoding="utf8").splitlines()
    pairs = [tuple(it.split("\t") if "\t" in it else it.split(" ", 1)) for it in lines if it]
    of_list = eigenlex.align(*pair, dictionary=pairs)
    assert of_list.digest == eigenlex.align(*pair, dictionary=GOLD).digest
    few = dict(pairs)
    assert eigenlex.align(*pair, dictionary=few).report["coverage"]["entries"] == len(few)
    with pytest.raises(eigenlex.ParameterError, match="item 0: found .* expected a pair"):
        eigenlex.align(*pair, dictionary=[("a", "b", "c")])


def test_maps_are_kept_and_opened(tmp_path: Path, pair: Pair) -> None:
    english, spanish = tmp_path / "en", tmp_path / "es"
    for model, path in zip(pair, (english, spanish), strict=True):
        pickle.loads(pickle.dumps(model)).save(path)
    path = tmp_path / "en-es.map"
    made = eigenlex.align(english, spanish, output=path, identical=True)
    assert path.is_file() and made.path == path
    opened = eigenlex.Alignment.open(path)
    assert opened.digest == made.digest
    assert opened.translate("king", topn=1) == made.translate("king", topn=1)
    with pytest.raises(FileExistsError, match="exists already"):
        eigenlex.align(english, spanish, output=path, identical=True)
    made.save(tmp_path / "copy.map")
    with pytest.raises(eigenlex.OutputExistsError):
        made.save(tmp_path / "copy.map")
    assert pickle.loads(pickle.dumps(made)).digest == made.digest
    with pytest.raises(eigenlex.DataError):
        eigenlex.Alignment.open(path, source=pair[1]).translate("king")
    with pytest.raises(eigenlex.MissingFileError):
        eigenlex.Alignment.open(tmp_path / "none.map")


def test_options_of_align_are_checked(pair: Pair) -> None:
    with pytest.raises(eigenlex.ParameterError, match="nothing says which words are translations"):
        eigenlex.align(*pair)
    with pytest.raises(eigenlex.ParameterError, match="`align` has no option `dictionry`") as found:
        eigenlex.align(*pair, dictionry=GOLD)
    assert found.value.hint == "did you mean `dictionary`?"
    with pytest.raises(TypeError, match="expected a model"):
        eigenlex.align(pair[0], 3, identical=True)


def test_several_languages_share_a_space(pair: Pair) -> None:
    hub = eigenlex.align_hub(pair[1], [pair[0]], dictionary=[GOLD])
    assert len(hub.names) == 2 and "Spaces" in repr(hub)
    between = hub.between(hub.names[1], hub.names[0])
    assert between.translate("king", topn=1)[0].word == "rey"
    again = pickle.loads(pickle.dumps(hub))
    assert again.digest == hub.digest and again.names == hub.names
    with pytest.raises(eigenlex.ParameterError, match="source is 'x', expected spanish"):
        hub.between("x", hub.names[0])


def test_what_is_in_memory_has_a_name(tmp_path: Path, pair: Pair) -> None:
    spanish, names = eigenlex.embed(CORPORA / "spanish.txt", dim=30), []
    made = eigenlex.align(pair[0], spanish.wv, identical=True, dim=30)
    assert made.path is None and "/" not in repr(made)
    for side in ("source", "target"):
        names.append(made.description[side]["path"])
    assert names[0].startswith("english") and names[1].startswith("spanish")
    lines = (CORPORA / "english.txt").read_text(encoding="utf8").splitlines()
    options = {"dim": 30, "subwords": 0}
    slices = [eigenlex.embed(it, **options) for it in (lines[::2], lines[1::2])]
    chain = eigenlex.align_chain(slices)
    assert len(set(chain.names)) == 2 and all(it.startswith("texts") for it in chain.names)
    assert repr(chain) == f"<Spaces: {', '.join(chain.names)}>"
    with pytest.raises(eigenlex.ParameterError, match=f"expected {' or '.join(chain.names)}"):
        chain.between("x", chain.names[0])
    moved = eigenlex.drift(chain, "king")[0]
    assert [it["slice"] for it in moved["places"]] == chain.names
    scores = eigenlex.evaluate(slices, similarity="corpora/english.similarity.tsv")
    assert [it["model"] for it in scores] == chain.names
    with pytest.raises(eigenlex.DataError) as found:
        eigenlex.align_chain([slices[0], slices[0]])
    assert f"`{chain.names[0]}`" in str(found.value) and "/" not in str(found.value)
    # A map between two of several is a map of its own.
    between = chain.between(*chain.names)
    between.save(tmp_path / "between.map")
    opened = eigenlex.Alignment.open(tmp_path / "between.map")
    assert opened.digest == between.digest == pickle.loads(pickle.dumps(between)).digest
    found_again = pickle.loads(pickle.dumps(between)).translate("king", topn=3)
    assert found_again == between.translate("king", topn=3)
    # Models that came in a pickle are in memory too.
    again = pickle.loads(pickle.dumps(pair[0]))
    assert again.path is None and pickle.loads(pickle.dumps(again)).digest == pair[0].digest


def test_vectors_of_a_map_that_are_gone_are_asked_for(tmp_path: Path) -> None:
    script = (
        "import eigenlex, sys\n"
        "sides = [eigenlex.embed(f'corpora/{it}.txt', dim=20) for it in ('english', 'spanish')]\n"
        "eigenlex.align(*sides, identical=True).save(sys.argv[1])\n"
    )
    path = tmp_path / "kept.map"
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    opened = eigenlex.Alignment.open(path)
    assert opened.description["source"]["path"] == "english"
    with pytest.raises(eigenlex.MissingFileError, match="of the map were in memory"):
        opened.translate("king")
    sides = [eigenlex.embed(CORPORA / f"{it}.txt", dim=20) for it in ("english", "spanish")]
    given = eigenlex.Alignment.open(path, source=sides[0], target=sides[1])
    assert given.translate("king", topn=1)


def test_words_drift(tmp_path: Path, lines: list[str]) -> None:
    options = {"dim": 50, "subwords": 0, "window_boundary": "document"}
    slices = []
    for name, texts in (("early", lines[::2]), ("late", lines[1::2])):
        slices.append(eigenlex.embed(texts, output=tmp_path / name, **options))
    chain = eigenlex.align_chain(slices)
    assert chain.names == ["early", "late"]
    moved = eigenlex.drift(chain, topn=5)
    assert len(moved) == 5 and {"word", "score", "movement"} <= set(moved[0])
    king = eigenlex.drift(chain, "king")
    assert king[0]["word"] == "king" and len(king[0]["places"]) == 2
    with pytest.raises(eigenlex.UnknownWordError):
        eigenlex.drift(chain, "quokka")


def test_scores_are_those_of_the_program(
    alignment: eigenlex.Alignment, english: eigenlex.Model
) -> None:
    scores = eigenlex.evaluate(english, analogies="corpora/english.analogies.txt")
    assert scores["analogies"][0]["all"]["correct"] > 0
    both = eigenlex.evaluate([english, english.wv], similarity=["corpora/english.similarity.tsv"])
    assert both[0]["similarity"][0]["spearman"] == both[1]["similarity"][0]["spearman"]
    translation = eigenlex.evaluate(alignment, translation=GOLD)
    assert translation["translation"][0]["p1"] > 0.5
    with pytest.raises(eigenlex.MissingFileError):
        eigenlex.evaluate(english, analogies="no-such-file")
    with pytest.raises(eigenlex.ParameterError, match="has no option `analogy`"):
        eigenlex.evaluate(english, analogy="x")


def test_translated_lines_make_two_models(tmp_path: Path) -> None:
    source, target = tmp_path / "s.txt", tmp_path / "t.txt"
    source.write_text("a cat sat\na dog ran\na cat ran\n" * 30)
    target.write_text("un gato sentado\nun perro corre\nun gato corre\n" * 30)
    found = eigenlex.embed_parallel(source, target, tmp_path / "both", dim=3)
    assert found.translate("cat", topn=1)[0].word == "gato"
    with pytest.raises(eigenlex.ParameterError, match="use eigenlex.embed_parallel"):
        eigenlex.embed([source, target], parallel=True)
