"""Scores on questions with known answers.

>>> import eigenlex
>>> model = eigenlex.embed("corpora/english.txt", dim=50)
>>> scores = eigenlex.evaluate(model, analogies="corpora/english.analogies.txt")
>>> scores["analogies"][0]["all"]["total"]
1656
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _command
from ._checks import choice, flag, integer, path_of, string
from .errors import DataError, MissingFileError, ParameterError
from .progress import ProgressOption

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .word_vectors import WordVectors

__all__ = ["evaluate"]

#: Questions that are answered together, and candidates that are compared at a time.
_QUESTIONS, _CANDIDATES = 256, 65_536

#: gensim's, which keeps quotients finite.
_EPSILON = 1e-6


def evaluate(models: Any, *, progress: ProgressOption = None, **tests: Any) -> Any:
    """Scores models, word vectors or alignments, as ``eigenlex evaluate`` does.

    Args:
        models: A model, word vectors, an alignment or a path; or a list of these.
        progress: See :mod:`eigenlex.progress`.
        **tests: The options of the command: ``analogies``, ``similarity``, ``categories``,
            ``odd_one_out``, ``documents``, ``translation`` and so on, each a file or a list of
            files.

    Returns:
        A dict of scores as correct / answered / total, as ``--format json`` prints it; for a list
        of models a list.
    """
    several = isinstance(models, (list, tuple))
    places = [_command.place(it) for it in (models if several else [models])]
    if not places:
        raise ParameterError("models is empty, expected at least one model, alignment or path")
    if all(it is None for it in tests.values()):
        raise ParameterError(
            "there is no test, expected an option such as analogies or similarity\n"
            'hint: eigenlex.options("evaluate") lists them'
        )
    values, _ = _command.run("evaluate", places, tests, progress=progress)
    found = values[0] if len(values) == 1 else values
    return [found] if several and len(places) == 1 and not isinstance(found, list) else found


def _lines(
    name: str, path: str | os.PathLike[str], encoding: str = "utf8"
) -> Iterator[tuple[int, str]]:
    try:
        codecs.lookup(encoding)
    except (LookupError, TypeError) as error:
        raise ParameterError(f"encoding is {encoding!r}, expected one that Python knows") from error
    try:
        file = open(path_of(name, path), encoding=encoding)
    except FileNotFoundError as error:
        raise MissingFileError(f"cannot read `{os.fspath(path)}`: {error.strerror}") from error
    with file:
        try:
            for number, line in enumerate(file, 1):
                yield number, line.rstrip("\n")
        except UnicodeDecodeError as error:
            raise DataError(f"`{os.fspath(path)}` is not {encoding}: {error.reason}") from error


def _vocabulary(wv: WordVectors, restrict_vocab: int | None, upper: bool) -> dict[str, int]:
    """The position of each word, in capitals where case does not matter; the first of equals."""
    stop = len(wv) if restrict_vocab is None else integer("restrict_vocab", restrict_vocab)
    words = wv.index_to_key[:stop]
    found: dict[str, int] = {}
    for place, word in enumerate(words):
        found.setdefault(word.upper() if upper else word, place)
    return found


def word_analogies(
    wv: WordVectors,
    analogies: str | os.PathLike[str],
    restrict_vocab: int | None,
    case_insensitive: bool,
    dummy4unknown: bool,
    similarity_function: str,
) -> tuple[float, list[dict[str, Any]]]:
    """See :meth:`WordVectors.evaluate_word_analogies`."""
    choice("similarity_function", similarity_function, ("most_similar", "most_similar_cosmul"))
    for name, value in (
        ("case_insensitive", case_insensitive),
        ("dummy4unknown", dummy4unknown),
    ):
        flag(name, value)
    known = _vocabulary(wv, restrict_vocab, case_insensitive)
    sections: list[dict[str, Any]] = []
    asked: list[tuple[int, tuple[str, ...]]] = []
    for number, line in _lines("analogies", analogies):
        if line.startswith(": "):
            sections.append({"section": line[2:].strip(), "correct": [], "incorrect": []})
            continue
        question = tuple(line.upper().split() if case_insensitive else line.split())
        if not question:
            continue
        if not sections or len(question) != 4:
            expected = "four words" if sections else "a line `: section` first"
            path = os.fspath(analogies)
            raise DataError(f"`{path}`, line {number}: found `{line[:60]}`, expected {expected}")
        if all(word in known for word in question):
            asked.append((len(sections) - 1, question))
        elif dummy4unknown:
            sections[-1]["incorrect"].append(question)
    if not sections:
        raise DataError(f"`{os.fspath(analogies)}` has no questions")
    is_product = similarity_function == "most_similar_cosmul"
    answers = _answers(wv, [question for _, question in asked], known, case_insensitive, is_product)
    for (section, question), answer in zip(asked, answers, strict=True):
        word = wv.index_to_key[answer] if answer >= 0 else ""
        word = word.upper() if case_insensitive else word
        sections[section]["correct" if word == question[3] else "incorrect"].append(question)
    total: dict[str, Any] = {"section": "Total accuracy", "correct": [], "incorrect": []}
    for it in sections:
        total["correct"] += it["correct"]
        total["incorrect"] += it["incorrect"]
    sections.append(total)
    n_answered = len(total["correct"]) + len(total["incorrect"])
    return (len(total["correct"]) / n_answered if n_answered else 0.0), sections


def _answers(
    wv: WordVectors,
    questions: list[tuple[str, ...]],
    known: dict[str, int],
    upper: bool,
    is_product: bool,
) -> list[int]:
    """The position of the best word for each question; -1 where there is none."""
    n_words = max(known.values(), default=-1) + 1
    of_key: dict[str, list[int]] = {}
    if upper:
        for place, word in enumerate(wv.index_to_key[:n_words]):
            of_key.setdefault(word.upper(), []).append(place)
    found: list[int] = []
    for start in range(0, len(questions), _QUESTIONS):
        some = questions[start : start + _QUESTIONS]
        places = np.array([[known[word] for word in it[:3]] for it in some])
        excluded = [
            [place for word in it[:3] for place in of_key.get(word, [known[word]])] for it in some
        ]
        found += _best(wv, places, excluded, n_words, is_product)
    return found


def _best(
    wv: WordVectors,
    places: NDArray[np.int64],
    excluded: list[list[int]],
    n_words: int,
    is_product: bool,
) -> list[int]:
    """The best position for ``b - a + c``, for each row ``a, b, c``."""
    vectors, norms = wv.vectors, wv.norms

    def units(rows: Any) -> NDArray[np.float32]:
        lengths = np.where(norms[rows] > 0, norms[rows], 1.0)[:, None]
        made: NDArray[np.float32] = (vectors[rows] / lengths).astype(np.float32)
        return made

    a, b, c = (units(places[:, column]) for column in range(3))
    best = np.full(len(places), -np.inf)
    answers = np.full(len(places), -1)
    for start in range(0, n_words, _CANDIDATES):
        stop = min(start + _CANDIDATES, n_words)
        rows = units(slice(start, stop))
        if is_product:
            products = [((1.0 + rows @ it.T.astype(np.float64)) / 2.0) for it in (a, b, c)]
            scores = products[1] * products[2] / (products[0] + _EPSILON)
        else:
            scores = rows @ (b - a + c).T
        for column, ids in enumerate(excluded):
            inside = [it - start for it in ids if start <= it < stop]
            scores[inside, column] = -np.inf
        at = scores.argmax(axis=0)
        values = scores[at, np.arange(len(places))]
        better = values > best
        best[better], answers[better] = values[better], at[better] + start
    return [int(it) for it in answers]


def word_pairs(
    wv: WordVectors,
    pairs: str | os.PathLike[str],
    delimiter: str,
    encoding: str,
    restrict_vocab: int | None,
    case_insensitive: bool,
    dummy4unknown: bool,
) -> tuple[tuple[float, float], tuple[float, float], float]:
    """See :meth:`WordVectors.evaluate_word_pairs`."""
    from scipy import stats

    if not string("delimiter", delimiter):
        raise ParameterError("delimiter is empty, expected what stands between words")
    known = _vocabulary(wv, restrict_vocab, case_insensitive)
    gold: list[float] = []
    cosines: list[float] = []
    n_unknown = 0
    for number, line in _lines("pairs", pairs, encoding):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split(delimiter)
        try:
            left, right, score = (it.strip() for it in cells)
            value = float(score)
        except ValueError as error:
            path = os.fspath(pairs)
            expected = f"two words and a number, with {delimiter!r} between them"
            raise DataError(
                f"`{path}`, line {number}: found `{line[:60]}`, expected {expected}"
            ) from error
        if case_insensitive:
            left, right = left.upper(), right.upper()
        if left in known and right in known:
            cosines.append(wv.similarity(known[left], known[right]))
            gold.append(value)
        else:
            n_unknown += 1
            if dummy4unknown:
                cosines.append(0.0)
                gold.append(value)
    if len(gold) < 2:
        raise DataError(
            f"`{os.fspath(pairs)}` has {len(gold)} pair(s) of known words, expected two"
        )
    pearson, spearman = stats.pearsonr(gold, cosines), stats.spearmanr(gold, cosines)
    total = len(gold) if dummy4unknown else len(gold) + n_unknown
    return (
        (float(pearson[0]), float(pearson[1])),
        (float(spearman[0]), float(spearman[1])),
        100.0 * n_unknown / total,
    )
