"""Models: made of texts, opened, asked.

>>> import eigenlex
>>> model = eigenlex.embed("corpora/english.txt", dim=50)
>>> model.neighbors("baker", topn=3)[0].similarity > 0.5
True
>>> model
<Model: 1,397 words of 50 dimensions, from 3,450 documents>
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _corpus, _eigenlex, _memory
from ._checks import choice, flag, listed, path_of, string, whole
from ._corpus import Corpus
from .errors import DataError, ParameterError
from .progress import ProgressOption, listener
from .tables import Completion, FoundDocument, Neighbor, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .documents import DocumentIndex
    from .word_vectors import WordVectors

__all__ = ["Model", "embed", "options"]

#: What a document may be.
_UNITS = ("record", "file", "line", "paragraph", "sentence")


def options(command: str = "embed") -> list[str]:
    """The names of the options of a command of the program, which its function takes as keywords.

    >>> import eigenlex
    >>> "min_count" in eigenlex.options("embed")
    True
    """
    return _eigenlex.options_of(string("command", command))


def embed(
    corpus: Corpus,
    *,
    paths: bool | None = None,
    output: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: ProgressOption = None,
    **config: Any,
) -> Model:
    """Turns texts into a model.

    >>> import eigenlex
    >>> texts = ["a cat and a dog", "a dog and a cat", "a cat sat"] * 20
    >>> eigenlex.embed(texts, recipe="documents", dim=2).wv.vector_size
    2

    Args:
        corpus: A path, a list of paths, an iterable of strings or of lists of tokens, each a
            document, or a column of pandas, Polars or pyarrow. A string by itself is a path.
            Strings in a list are texts, and ``pathlib.Path`` objects in a list are paths.
        paths: ``True`` takes the strings of a list for paths too, ``False`` never does. Without it
            a list is refused of which most strings name files.
        output: A folder for the model. While it is made there are checkpoints beside it: after
            Ctrl-C the same call resumes. Without it the model is in memory.
        force: Replaces a model that is there.
        progress: ``True`` for a bar, or a function; see :mod:`eigenlex.progress`.
        **config: The options of ``eigenlex embed``, with underscores: ``recipe``, ``dim``,
            ``window``, ``min_count``, ``seed``, ``memory``, ``threads`` and so on;
            :func:`options` lists them, ``eigenlex embed --help`` explains them.

    Raises:
        eigenlex.ParameterError: An option that is none, or has an impossible value.
        eigenlex.DataError: Texts that cannot be read, or are too few.
        eigenlex.FileError: A path that is not there, an output that is.
        eigenlex.ResourceError: More memory is needed than ``memory`` allows.
    """
    places, texts = _corpus.find(corpus, paths, trains=True)
    return _embed(places, texts, output, force, progress, config)


def embed_texts(texts: Any, config: dict[str, Any]) -> Model:
    """A model of the texts `X` of an estimator, none of which is a path."""
    return _embed([], _corpus.texts(texts, "X"), None, False, None, config)


def _embed(
    places: list[str],
    texts: _eigenlex.Texts | None,
    output: str | os.PathLike[str] | None,
    force: bool,
    progress: ProgressOption,
    config: dict[str, Any],
) -> Model:
    hears = listener(progress)
    try:
        place = None if output is None else path_of("output", output)
        held = _eigenlex.embed(places, texts, place, flag("force", force), config, hears)
    finally:
        hears.close()
    return Model(held, hears.sentences)


class Model:
    """Word vectors with all that is needed to use them and to make them again.

    :func:`eigenlex.embed` makes one, :meth:`open` opens one.
    """

    def __init__(self, held: _eigenlex.Held, notes: Iterable[str] = ()) -> None:
        self._held = held
        self._provenance: dict[str, Any] | None = None
        self._wv: WordVectors | None = None
        # Where a model in memory is written for a command of the program.
        self._copy: tuple[tempfile.TemporaryDirectory[str], str] | None = None
        # Where a model lies that came in a pickle.
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        #: What was said while the model was made: how texts were read, what was doubtful.
        self.notes = list(notes)
        #: Seconds and sizes of each stage, where a cluster has made the model.
        self.stages: list[dict[str, Any]] = []

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Model:
        """Opens the model in a folder. Its vectors stay on the disk until they are used."""
        return cls(_eigenlex.open_model(path_of("path", path)))

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Writes the model as a folder, whole or not at all; ``force`` replaces a model."""
        place = path_of("path", path)
        self._held.save(place, flag("force", force))
        self._held = self._held.at(place)

    # What there is.

    @property
    def path(self) -> Path | None:
        """The folder where the model was opened or written; ``None`` if it is in memory."""
        path = self._held.path
        return None if path is None or _memory.is_temporary(str(path)) else Path(path)

    @property
    def wv(self) -> WordVectors:
        """Words and vectors, by the names of gensim's ``KeyedVectors``."""
        if self._wv is None:
            from .word_vectors import WordVectors

            self._wv = WordVectors(self._held)
        return self._wv

    @property
    def provenance(self) -> dict[str, Any]:
        """How the model came to be: configuration, corpus, counts, singular values, digests."""
        if self._provenance is None:
            self._provenance = json.loads(self._held.provenance())
        return self._provenance

    @property
    def config(self) -> dict[str, Any]:
        """The configuration that the model was made with."""
        config: dict[str, Any] = self.provenance["config"]
        return config

    @property
    def dim(self) -> int:
        """The number of dimensions of the vectors."""
        return self._held.dim

    @property
    def digest(self) -> str:
        """SHA-256 of words and vectors: that of the same model made on any machine."""
        digest: str = self.provenance["digest"]
        return digest

    @property
    def counts(self) -> NDArray[np.uint64]:
        """For each word its number of tokens."""
        return self._held.counts()

    @property
    def document_frequencies(self) -> NDArray[np.uint64]:
        """For each word the number of documents that have it."""
        return self._held.document_frequencies()

    def __len__(self) -> int:
        return self._held.n_words

    def __contains__(self, word: object) -> bool:
        return word in self.wv

    def __repr__(self) -> str:
        n_documents = self.provenance["n_documents"]
        return (
            f"<Model: {len(self):,} words of {self.dim} dimensions, from {n_documents:,} documents>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        if self.path is not None:
            return (Model.open, (str(self.path.absolute()),))
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "model"
            self._held.save(str(place), False)
            files = {it.name: it.read_bytes() for it in place.iterdir()}
        return (_of_files, (files, self.notes))

    # Words.

    def math(
        self,
        expression: str,
        topn: int = 10,
        *,
        method: str = "mul",
        restrict_to: Iterable[str] | None = None,
        guess: bool = False,
    ) -> Table[Neighbor]:
        """The words that an expression leads to.

        Args:
            expression: ``king - man + woman``, ``2*(king - man)``, or
                ``king : man :: queen : ?``. Words with signs or spaces stand in quotes.
            topn: How many answers.
            method: ``mul`` for 3CosMul, ``add`` for 3CosAdd.
            restrict_to: Answers among these words alone.
            guess: Whether unknown words get the vectors that their spelling predicts.
        """
        among = self.wv._among(restrict_to=restrict_to)
        found = self._held.math(
            string("expression", expression),
            whole("topn", topn, 1),
            choice("method", method, ("add", "mul")),
            among,
            flag("guess", guess),
        )
        return Table(Neighbor, found)

    def neighbors(
        self,
        word: str,
        topn: int = 10,
        *,
        restrict_to: Iterable[str] | None = None,
        guess: bool = False,
    ) -> Table[Neighbor]:
        """The words most similar to one."""
        among = self.wv._among(restrict_to=restrict_to)
        found = self._held.neighbors(
            string("word", word), whole("topn", topn, 1), among, flag("guess", guess)
        )
        return Table(Neighbor, found)

    def similarity(self, left: str, right: str, *, guess: bool = False) -> float:
        """The cosine of the vectors of two words, from -1 to 1."""
        left, right = string("left", left), string("right", right)
        return self._held.similarity(left, right, flag("guess", guess))

    def odd_one_out(self, words: Iterable[str]) -> Table[Neighbor]:
        """Words with their mean similarity to the others, the odd one first; at least three."""
        places = [self.wv.get_index(it) for it in listed("words", words)]
        if len(places) < 3:
            raise ParameterError(f"words has {len(places)} word(s), expected at least three")
        return Table(Neighbor, self._held.odd_one_out(places))

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text, as the model cuts it."""
        return self._held.tokenize(string("text", text))

    # Documents.

    def encode(
        self,
        corpus: Corpus,
        *,
        paths: bool | None = None,
        document: str | None = None,
        progress: ProgressOption = None,
    ) -> NDArray[np.float32]:
        """The codes of documents, a row each.

        >>> import eigenlex
        >>> model = eigenlex.embed("corpora/english.txt", recipe="documents", dim=20)
        >>> model.encode(["a king and a queen", "a ship at sea"]).shape
        (2, 20)

        A document without a word of the model has a row of zeros, and a warning says how many such
        there are.

        Args:
            corpus: As for :func:`eigenlex.embed`: a string by itself is a path, ``[text]`` is a
                text, whatever files there are.
            paths: ``True`` takes the strings of a list for paths, ``False`` never does. Without it
                they are texts, and a warning comes where most of them name files.
            document: What a document is: ``record``, ``file``, ``line``, ``paragraph`` or
                ``sentence``; by default the same as in the corpus of the model.
            progress: See :mod:`eigenlex.progress`.
        """
        places, texts = _corpus.find(corpus, paths)
        return self._encode(places, texts, document, progress)

    def _encode(
        self,
        places: list[str],
        texts: _eigenlex.Texts | None,
        document: str | None = None,
        progress: ProgressOption = None,
    ) -> NDArray[np.float32]:
        if document is not None:
            choice("document", document, _UNITS)
        hears = listener(progress)
        try:
            codes, without = self._held.encode(places, texts, document, hears)
        except DataError as error:
            # Texts without a single token are no corpus, but each has its code of zeros.
            if texts is None or not str(error).startswith("the corpus is empty"):
                raise
            import numpy as np

            codes = np.zeros((len(texts), self.dim), dtype=np.float32)
            without = list(range(len(texts)))
        finally:
            hears.close()
        if without:
            import warnings

            n, first = len(without), without[0]
            warnings.warn(
                f"{n} of {len(codes)} documents have no word of the model, the first is document "
                f"{first}; their codes are zero",
                stacklevel=3,
            )
        return codes

    def index(
        self,
        corpus: Corpus,
        *,
        paths: bool | None = None,
        document: str | None = None,
        progress: ProgressOption = None,
    ) -> DocumentIndex:
        """Encodes documents to be searched and grouped; the arguments are those of
        :meth:`encode`."""
        places, texts = _corpus.find(corpus, paths)
        return self._index(places, texts, document, progress)

    def _index(
        self,
        places: list[str],
        texts: _eigenlex.Texts | None,
        document: str | None = None,
        progress: ProgressOption = None,
    ) -> DocumentIndex:
        from .documents import DocumentIndex

        if document is not None:
            choice("document", document, _UNITS)
        hears = listener(progress)
        try:
            return DocumentIndex(self, self._held.index(places, texts, document, hears))
        finally:
            hears.close()

    def search(
        self,
        query: str,
        corpus: Corpus | DocumentIndex,
        topn: int = 10,
        *,
        paths: bool | None = None,
    ) -> Table[FoundDocument]:
        """The documents that a query is about, by its words and by its meaning.

        For several queries make a :meth:`index` once. The corpus and ``paths`` are those of
        :meth:`encode`.
        """
        from .documents import DocumentIndex

        string("query", query)
        whole("topn", topn, 1)
        if isinstance(corpus, DocumentIndex):
            return corpus.search(query, topn)
        places, texts = _corpus.find(corpus, paths)
        return self._index(places, texts).search(query, topn)

    def cluster(
        self,
        corpus: Corpus | DocumentIndex,
        n_clusters: int,
        *,
        paths: bool | None = None,
        **options: Any,
    ) -> Any:
        """Groups documents; see :meth:`DocumentIndex.cluster`. The corpus and ``paths`` are those
        of :meth:`encode`."""
        from .documents import DocumentIndex

        whole("n_clusters", n_clusters, 1)
        if isinstance(corpus, DocumentIndex):
            return corpus.cluster(n_clusters, **options)
        places, texts = _corpus.find(corpus, paths)
        return self._index(places, texts).cluster(n_clusters, **options)

    def complete(self, text: str, topn: int = 10, *, order: str = "fit") -> Table[Completion]:
        """The words that fit a text and do not occur in it.

        Args:
            text: The text.
            topn: How many words.
            order: ``fit``, ``count`` (the most likely) or ``weight`` (the most informative).
        """
        choice("order", order, ("fit", "count", "weight"))
        found = self._held.complete(string("text", text), whole("topn", topn, 1), order)
        return Table(Completion, found)


def _of_files(files: dict[str, bytes], notes: list[str]) -> Model:
    """The model of the bytes of its files. They go with the last array over them."""
    folder = _memory.folder()
    place = Path(folder.name) / "model"
    place.mkdir()
    for name, content in files.items():
        (place / name).write_bytes(content)
    model = Model(_eigenlex.open_model(str(place)), notes)
    model._folder = folder
    return model
