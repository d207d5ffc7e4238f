"""Two languages in one space; several; and the time slices of one.

>>> import eigenlex
>>> english, spanish = (
...     eigenlex.embed(f"corpora/{it}.txt", dim=100, window_boundary="document", dispersion=0.2)
...     for it in ("english", "spanish")
... )
>>> dictionary = "corpora/english-spanish.dictionary.txt"
>>> alignment = eigenlex.align(english, spanish, dictionary=dictionary)
>>> alignment.translate("king", topn=1)[0].word
'rey'
>>> alignment.verdict
'trust'
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, overload

from . import _command, _eigenlex, _memory
from ._checks import choice, flag, listed, path_of, string, whole
from .errors import MissingFileError, OutputExistsError, ParameterError
from .model import Model
from .progress import ProgressOption
from .tables import Table, Translation
from .word_vectors import WordVectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Alignment", "Spaces", "align", "align_chain", "align_hub", "drift", "embed_parallel"]

#: A model, word vectors, or the path of these.
Vectors = Any


def align(
    source: Vectors,
    target: Vectors,
    *,
    output: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: ProgressOption = None,
    **options: Any,
) -> Alignment:
    """Learns a map from two languages into one space.

    Args:
        source: The model, word vectors or path of the language to translate from.
        target: The same of the language to translate to.
        output: A file for the map. Without it the map is kept with the result.
        force: Replaces a map that is there.
        progress: See :mod:`eigenlex.progress`.
        **options: The options of ``eigenlex align``: ``dictionary``, ``refine``, ``identical``,
            ``similar_spelling`` or ``unsupervised``, and others. A dictionary may also be a list of
            pairs, or a dict.
    """
    ways = ("dictionary", "identical", "similar_spelling", "unsupervised")
    # A misspelt option is named by the program.
    are_known = set(options) <= set(_eigenlex.options_of("align"))
    if are_known and all(options.get(it) in (None, False) for it in ways):
        raise ParameterError(
            "nothing says which words are translations, expected dictionary=, identical=True, "
            "similar_spelling=True or unsupervised=True"
        )
    with ExitStack() as stack:
        if "dictionary" in options:
            options["dictionary"] = _dictionary(options["dictionary"], stack)
        folder, path = _place_of_map(output)
        places = [_command.place(it) for it in (source, target)]
        _, notes = _command.run(
            "align", places, options, more=_output(path, force), progress=progress
        )
        return Alignment(_eigenlex.Map.open(path, False), source, target, notes, folder)


def align_hub(
    target: Vectors,
    sources: Sequence[Vectors],
    *,
    output: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: ProgressOption = None,
    **options: Any,
) -> Spaces:
    """Maps several languages into the space of the first. The options are those of :func:`align`;
    ``dictionary`` is a list with one for each of ``sources``."""
    members = [target, *listed("sources", sources, "models")]
    return _align_several("hub", members, output, force, progress, options)


def align_chain(
    slices: Sequence[Vectors],
    *,
    output: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: ProgressOption = None,
    **options: Any,
) -> Spaces:
    """Maps the time slices of one language, earliest first, into the space of the first, for
    :func:`drift`."""
    return _align_several("chain", slices, output, force, progress, options)


def drift(
    slices: Spaces | Sequence[Vectors] | str | os.PathLike[str],
    words: str | Iterable[str] = (),
    *,
    topn: int = 10,
    progress: ProgressOption = None,
    **options: Any,
) -> list[dict[str, Any]]:
    """How far words moved between time slices, compared with words of similar frequency.

    Args:
        slices: The chain that :func:`align_chain` made, its path, or the slices themselves.
        words: Words to ask about; without any, those that moved most are listed.
        topn: How many words are listed, or neighbours for each slice.
        progress: See :mod:`eigenlex.progress`.
        **options: The options of ``eigenlex drift``.

    Returns:
        A dict for each word, as ``--format json`` prints it.
    """
    if not isinstance(slices, (Spaces, str, os.PathLike)):
        slices = align_chain(slices, progress=progress)
    asked = [words] if isinstance(words, str) else listed("words", words)
    if isinstance(slices, Spaces):
        options["slices"] = [_command.place(it) for it in slices.members]
    chain = _command.place(slices)
    options["top"] = whole("topn", topn, 1, 2**32 - 1)
    values, _ = _command.run("drift", [chain, *asked], options, progress=progress)
    found: list[dict[str, Any]] = values if asked else values[0]
    return found


def embed_parallel(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    force: bool = False,
    progress: ProgressOption = None,
    **config: Any,
) -> Alignment:
    """Embeds two languages in one space, from two texts whose lines translate each other.

    ``output`` becomes a folder with two models and the map. The options are those of
    :func:`eigenlex.embed`.
    """
    folder = path_of("output", output)
    places = [path_of("source", source), path_of("target", target)]
    more = ["--parallel", *_output(folder, force)]
    _command.run("embed", places, config, more=more, progress=progress)
    return Alignment.open(os.path.join(folder, "map"))


def _output(path: str, force: bool) -> list[str]:
    return [f"--output={path}", *(["--force"] if flag("force", force) else [])]


def _place_of_map(
    output: str | os.PathLike[str] | None,
) -> tuple[TemporaryDirectory[str] | None, str]:
    """The file of a map, and the folder that has to be kept as long as the map is."""
    if output is not None:
        return None, path_of("output", output)
    folder = _memory.folder()
    return folder, os.path.join(folder.name, "alignment.map")


def _dictionary(given: Any, stack: ExitStack) -> list[str]:
    """The files of dictionaries; a list of pairs becomes one."""
    if isinstance(given, (str, os.PathLike)):
        return [path_of("dictionary", given)]
    if isinstance(given, Mapping):
        items: list[Any] = list(given.items())
    else:
        items = listed("dictionary", given, "pairs of words")
    if not items:
        raise ParameterError("dictionary is empty, expected pairs of words, or files of these")
    if all(isinstance(it, (str, os.PathLike)) for it in items):
        return [os.fspath(it) for it in items]
    lines = []
    for place, pair in enumerate(items):
        if not (
            isinstance(pair, (tuple, list))
            and len(pair) == 2
            and all(isinstance(x, str) for x in pair)
        ):
            raise ParameterError(
                f"dictionary, item {place}: found {pair!r}, expected a pair of words"
            )
        if any(sign in word for word in pair for sign in "\t\n\r"):
            raise ParameterError(f"dictionary, item {place}: found a tab or a line end in {pair!r}")
        lines.append("\t".join(pair) + "\n")
    folder = stack.enter_context(_memory.folder())
    path = Path(folder) / "dictionary.txt"
    path.write_text("".join(lines), encoding="utf8")
    return [str(path)]


def _align_several(
    kind: str,
    members: Iterable[Vectors],
    output: str | os.PathLike[str] | None,
    force: bool,
    progress: ProgressOption,
    options: dict[str, Any],
) -> Spaces:
    members = listed("slices" if kind == "chain" else "sources", members, "models")
    if len(members) < 2:
        raise ParameterError(f"found {len(members)} model(s), expected at least two")
    with ExitStack() as stack:
        if "dictionary" in options:
            options["dictionary"] = _dictionary(options["dictionary"], stack)
        folder, path = _place_of_map(output)
        options[kind] = [_command.place(it) for it in members]
        _, notes = _command.run("align", [], options, more=_output(path, force), progress=progress)
        return Spaces(_eigenlex.Map.open(path, True), members, notes, folder)


def _refuse_forgotten(path: str, side: str) -> None:
    """Refuses vectors that were in memory, and are no more."""
    if _memory.is_temporary(path) and not os.path.exists(path):
        raise MissingFileError(
            f"the {side} vectors `{_memory.named(path)}` of the map were in memory, and are gone\n"
            f"hint: give them: Alignment.open(path, {side}=vectors)"
        )


class _Kept:
    """A file that ``align`` made."""

    def __init__(
        self, map: _eigenlex.Map, notes: Iterable[str], folder: TemporaryDirectory[str] | None
    ) -> None:
        self._map = map
        self._folder = folder
        #: What was said while it was made.
        self.notes = list(notes)

    @property
    def path(self) -> Path | None:
        """The file; ``None`` if it is in memory."""
        return None if _memory.is_temporary(self._place) else Path(self._place)

    @property
    def _place(self) -> str:
        return str(Path(self._map.path).absolute())

    @property
    def description(self) -> dict[str, Any]:
        """What it is and how it was made. What is in memory has a name in place of a path."""
        description: dict[str, Any] = _memory.named(json.loads(self._map.description()))
        return description

    @property
    def digest(self) -> str:
        """SHA-256 of the maps, in hexadecimal."""
        return self._map.digest()

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Writes a copy of the file; ``force`` replaces one that is there."""
        place = Path(path_of("path", path))
        if place.exists() and not flag("force", force):
            message = f"`{place}` exists already\nhint: choose another name, or pass force=True"
            raise OutputExistsError(message)
        beside = place.with_name(f"{place.name}.partial-{os.getpid()}")
        try:
            beside.write_bytes(self._map.to_bytes())
            os.replace(beside, place)
        finally:
            beside.unlink(missing_ok=True)


class Alignment(_Kept):
    """A map between two languages. :func:`align` makes one, :meth:`open` opens one."""

    def __init__(
        self,
        map: _eigenlex.Map,
        source: Vectors,
        target: Vectors,
        notes: Iterable[str] = (),
        folder: TemporaryDirectory[str] | None = None,
    ) -> None:
        super().__init__(map, notes, folder)
        self._sides: list[Vectors] = [source, target]
        self._mapped: dict[bool, _eigenlex.Mapped] = {}

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        source: Vectors = None,
        target: Vectors = None,
    ) -> Alignment:
        """Opens a map; ``source`` and ``target`` are the vectors that it was learned from, if they
        are not where they were, or were in memory."""
        map = _eigenlex.Map.open(path_of("path", path), False)
        places = map.places()
        return cls(
            map, places[0] if source is None else source, places[1] if target is None else target
        )

    @property
    def report(self) -> dict[str, Any]:
        """How well the map fits: agreement, words found again, and the verdict."""
        report: dict[str, Any] = self.description["report"]
        return report

    @property
    def verdict(self) -> str:
        """Whether the map can be trusted, in a word; ``report["sentence"]`` says why."""
        verdict: str = self.report["verdict"]
        return verdict

    def _vectors(self, side: int) -> WordVectors | Model:
        """The vectors of a side, opened when they are needed first."""
        found = self._sides[side]
        if isinstance(found, (str, os.PathLike)):
            _refuse_forgotten(os.fspath(found), ("source", "target")[side])
            is_model = os.path.isfile(os.path.join(os.fspath(found), "model.json"))
            found = Model.open(found) if is_model else WordVectors.load(found)
            self._sides[side] = found
        vectors: WordVectors | Model = found
        return vectors

    @property
    def source(self) -> WordVectors:
        """The word vectors of the source language."""
        found = self._vectors(0)
        return found.wv if isinstance(found, Model) else found

    @property
    def target(self) -> WordVectors:
        """The word vectors of the target language."""
        found = self._vectors(1)
        return found.wv if isinstance(found, Model) else found

    def _apply(self, orthogonal: bool) -> _eigenlex.Mapped:
        if orthogonal not in self._mapped:
            sides = self._vectors(0)._held, self._vectors(1)._held
            with _memory.named_errors():
                self._mapped[orthogonal] = self._map.apply(*sides, orthogonal)
        return self._mapped[orthogonal]

    # A string is an iterable of strings too: the first of the two is meant for it.
    @overload
    def translate(  # type: ignore[overload-overlap]
        self,
        words: str,
        topn: int = ...,
        *,
        reverse: bool = ...,
        retrieval: str = ...,
        orthogonal: bool = ...,
        restrict_to: Iterable[str] | None = ...,
    ) -> Table[Translation]: ...
    @overload
    def translate(
        self,
        words: Iterable[str],
        topn: int = ...,
        *,
        reverse: bool = ...,
        retrieval: str = ...,
        orthogonal: bool = ...,
        restrict_to: Iterable[str] | None = ...,
    ) -> list[Table[Translation]]: ...
    def translate(
        self,
        words: str | Iterable[str],
        topn: int = 10,
        *,
        reverse: bool = False,
        retrieval: str = "csls",
        orthogonal: bool = False,
        restrict_to: Iterable[str] | None = None,
    ) -> Table[Translation] | list[Table[Translation]]:
        """Translates a word, or each of several.

        Args:
            words: A word, or several.
            topn: How many translations.
            reverse: Translates from the target language to the source.
            retrieval: ``csls``, which corrects for words that are near everything, or ``nearest``.
            orthogonal: Uses the rotation alone, without whitening and re-weighting.
            restrict_to: Translations among these words alone.
        """
        asked = [words] if isinstance(words, str) else listed("words", words)
        asked = [string("a word", it) for it in asked]
        n = whole("topn", topn, 1)
        choice("retrieval", retrieval, ("csls", "nearest"))
        answering = self.source if flag("reverse", reverse) else self.target
        among = None
        if restrict_to is not None:
            among = [answering.get_index(it) for it in listed("restrict_to", restrict_to)]
        mapped = self._apply(flag("orthogonal", orthogonal))
        found = mapped.translate(asked, n, retrieval, reverse, among)
        tables = [Table(Translation, it) for it in found]
        return tables[0] if isinstance(words, str) else tables

    def mapped(self, side: str = "source", *, orthogonal: bool = False) -> NDArray[np.float32]:
        """The vectors of the first words of a side, ``source`` or ``target``, in the common
        space."""
        choice("side", side, ("source", "target"))
        return self._apply(orthogonal).rows(side == "target")

    def __repr__(self) -> str:
        return f"<Alignment: {self.description['dim']} dimensions, {self.report['sentence']}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_alignment, (self._map.to_bytes(), self._sides, self.notes))


class Spaces(_Kept):
    """Several languages, or the time slices of one, in one space."""

    def __init__(
        self,
        map: _eigenlex.Map,
        members: Sequence[Vectors] = (),
        notes: Iterable[str] = (),
        folder: TemporaryDirectory[str] | None = None,
    ) -> None:
        super().__init__(map, notes, folder)
        self._members = list(members)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Spaces:
        """Opens a hub or a chain."""
        return cls(_eigenlex.Map.open(path_of("path", path), True))

    @property
    def names(self) -> list[str]:
        """The names of the spaces."""
        names: list[str] = _memory.named(self._map.names())
        return names

    @property
    def members(self) -> list[Vectors]:
        """The vectors of the spaces, or where they are."""
        if not self._members:
            spaces = json.loads(self._map.description())["spaces"]
            self._members = [it["space"]["path"] for it in spaces]
        return self._members

    def between(self, source: str, target: str) -> Alignment:
        """The map between two spaces, by their names."""
        names = self.names
        for name, value in (("source", source), ("target", target)):
            choice(name, value, names)
        places = [names.index(it) for it in (source, target)]
        raw = self._map.names()
        content = self._map.between(*(raw[it] for it in places)).to_bytes()
        map, folder = _map_of(content, False)
        sides = [self.members[it] for it in places]
        return Alignment(map, sides[0], sides[1], (), folder)

    def __repr__(self) -> str:
        return f"<Spaces: {', '.join(self.names)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_spaces, (self._map.to_bytes(), self.members, self.notes))


def _map_of(content: bytes, is_several: bool) -> tuple[_eigenlex.Map, TemporaryDirectory[str]]:
    """The map of the bytes of its file, and the folder where they are."""
    folder = _memory.folder()
    path = os.path.join(folder.name, "alignment.map")
    Path(path).write_bytes(content)
    return _eigenlex.Map.open(path, is_several), folder


def _alignment(content: bytes, sides: list[Vectors], notes: list[str]) -> Alignment:
    map, folder = _map_of(content, False)
    return Alignment(map, sides[0], sides[1], notes, folder)


def _spaces(content: bytes, members: list[Vectors], notes: list[str]) -> Spaces:
    map, folder = _map_of(content, True)
    return Spaces(map, members, notes, folder)
