"""Word vectors from your own texts by sparse linear algebra.

>>> import eigenlex
>>> model = eigenlex.embed("corpora/english.txt", dim=50)
>>> model.math("king - man + woman")[0].word
'queen'
>>> model.wv.most_similar("queen", topn=1)[0][0] in model.wv
True

The same texts and options give the same vectors, to the bit, on any number of threads, and the same
as the program ``eigenlex`` gives, which comes with the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _eigenlex
from ._eigenlex import __version__

if TYPE_CHECKING:
    from .alignment import Alignment, Spaces, align, align_chain, align_hub, drift, embed_parallel
    from .decomposition import SVD, svd
    from .documents import DocumentIndex
    from .errors import (
        DataError,
        Error,
        FileError,
        Interrupted,
        MissingFileError,
        NotFoundError,
        OutputExistsError,
        ParameterError,
        ResourceError,
        UnknownWordError,
    )
    from .estimators import LSA, RandomizedSVD
    from .evaluation import evaluate
    from .model import Model, embed, options
    from .progress import Progress
    from .tables import Table
    from .word_vectors import WordVectors

#: Where each name is; modules are imported when a name of them is used first.
_PLACES = {
    "Alignment": "alignment",
    "DataError": "errors",
    "DocumentIndex": "documents",
    "Error": "errors",
    "FileError": "errors",
    "Interrupted": "errors",
    "LSA": "estimators",
    "MissingFileError": "errors",
    "Model": "model",
    "NotFoundError": "errors",
    "OutputExistsError": "errors",
    "ParameterError": "errors",
    "Progress": "progress",
    "RandomizedSVD": "estimators",
    "ResourceError": "errors",
    "SVD": "decomposition",
    "Spaces": "alignment",
    "Table": "tables",
    "UnknownWordError": "errors",
    "WordVectors": "word_vectors",
    "align": "alignment",
    "align_chain": "alignment",
    "align_hub": "alignment",
    "drift": "alignment",
    "embed": "model",
    "embed_parallel": "alignment",
    "evaluate": "evaluation",
    "options": "model",
    "svd": "decomposition",
}

__all__ = [
    "Alignment",
    "DataError",
    "DocumentIndex",
    "Error",
    "FileError",
    "Interrupted",
    "LSA",
    "MissingFileError",
    "Model",
    "NotFoundError",
    "OutputExistsError",
    "ParameterError",
    "Progress",
    "RandomizedSVD",
    "ResourceError",
    "SVD",
    "Spaces",
    "Table",
    "UnknownWordError",
    "WordVectors",
    "__version__",
    "align",
    "align_chain",
    "align_hub",
    "drift",
    "embed",
    "embed_parallel",
    "evaluate",
    "options",
    "set_threads",
    "svd",
]


#: Starting more takes minutes, and then fails.
_MOST_THREADS = 4096


def set_threads(n_threads: int) -> None:
    """Sets the number of threads; 0 means one for each core. No result depends on it.

    >>> import eigenlex
    >>> eigenlex.set_threads(0)
    """
    from ._checks import whole

    _eigenlex.set_threads(whole("n_threads", n_threads, 0, _MOST_THREADS))


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
