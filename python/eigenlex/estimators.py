"""Estimators of scikit-learn.

>>> import eigenlex, scipy.sparse
>>> a = scipy.sparse.random(200, 50, density=0.1, random_state=0, format="csr")
>>> codes = eigenlex.RandomizedSVD(n_components=5).fit_transform(a)
>>> codes.shape
(200, 5)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.extmath import safe_sparse_dot
    from sklearn.utils.sparsefuncs import mean_variance_axis
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:  # pragma: no cover
    raise ImportError(
        "the estimators need scikit-learn 1.6 or later\nhint: pip install eigenlex[sklearn]"
    ) from error

from . import _corpus
from ._checks import LARGEST_SEED, whole
from .decomposition import decompose
from .model import Model, embed_texts

__all__ = ["LSA", "RandomizedSVD"]


def _seed(random_state: Any) -> int:
    """A seed of an argument ``random_state``; ``None`` is always the same one."""
    if random_state is None:
        return 42
    if isinstance(random_state, (int, np.integer)):
        return whole("random_state", random_state, 0, LARGEST_SEED)
    return int(check_random_state(random_state).randint(2**31 - 1))


class RandomizedSVD(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The truncated SVD of a matrix, to a tolerance: a drop-in for ``TruncatedSVD``.

    Args:
        n_components: How many components.
        tolerance: The largest residual of a component, relative to the smallest singular value.
        n_iter: Takes the plain randomized scheme with so many power iterations, as ``TruncatedSVD``
            does, which says nothing of how exact the result is. ``None``, the default, iterates to
            the tolerance.
        n_oversamples: The further columns of that scheme.
        max_products: Gives up after so many products with one vector.
        precision: ``auto``, ``single`` or ``double``; see :func:`eigenlex.svd`.
        random_state: The seed of the start. ``None`` is always the same one.

    Attributes:
        components_: The right singular vectors, ``n_components x n_features``.
        singular_values_: The singular values, falling.
        explained_variance_: The variance of each column of ``transform(X)``.
        explained_variance_ratio_: Its share of the variance of all columns of ``X``.
        residuals_: How exact each component is; see :class:`eigenlex.SVD`.
        converged_: Whether every residual is within the tolerance.

    ``fit_transform(X)`` equals ``fit(X).transform(X)``.
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        tolerance: float = 1e-3,
        n_iter: int | None = None,
        n_oversamples: int = 10,
        max_products: int | None = None,
        precision: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.precision = precision
        self.tolerance = tolerance
        self.n_iter = n_iter
        self.n_oversamples = n_oversamples
        self.max_products = max_products
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> RandomizedSVD:
        """Decomposes a matrix."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Decomposes a matrix, and returns the codes of its rows."""
        X = validate_data(
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32], ensure_min_features=1
        )
        seed = _seed(self.random_state)
        found = decompose(
            X,
            {
                "n_components": self.n_components,
                "tolerance": self.tolerance,
                "left_vectors": False,
                "max_products": self.max_products,
                "precision": self.precision,
                "n_iter": self.n_iter,
                "n_oversamples": self.n_oversamples,
            },
            seed=seed,
            name="X",
        )
        self.components_ = np.ascontiguousarray(found.vt, dtype=X.dtype)
        self.singular_values_ = found.s.astype(X.dtype)
        self.residuals_ = found.residuals
        self.converged_ = found.converged
        codes = safe_sparse_dot(X, self.components_.T)
        if hasattr(X, "tocsr") and not X.has_canonical_format:
            # The variance is that of sums, and the caller's matrix stays as it is.
            X = X.copy()
            X.sum_duplicates()
        self.explained_variance_ = np.var(codes, axis=0)
        if hasattr(X, "tocsr"):
            full = mean_variance_axis(X, axis=0)[1].sum()
        else:
            full = np.var(X, axis=0).sum()
        share = self.explained_variance_ / full if full > 0 else np.zeros_like(codes[0])
        self.explained_variance_ratio_ = share
        return codes

    def transform(self, X: Any) -> Any:
        """The codes of the rows of a matrix."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return safe_sparse_dot(X, self.components_.T)

    def inverse_transform(self, X: Any) -> Any:
        """The rows that codes stand for."""
        check_is_fitted(self)
        return np.asarray(X) @ self.components_

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class LSA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Latent semantic analysis of texts: words, weights and SVD in one.

    >>> import eigenlex
    >>> texts = ["a cat and a dog", "a dog and a cat", "a ship at sea", "the sea and a ship"] * 5
    >>> lsa = eigenlex.LSA(n_components=2, min_count=1)
    >>> codes = lsa.fit_transform(texts)
    >>> bool((lsa.transform(texts) == codes).all())
    True

    Args:
        n_components: How many numbers a code has.
        recipe: ``documents``, ``lsa`` (plain latent semantic analysis) or ``passages``.
        min_count: Words of fewer tokens are left out.
        max_words: Only so many of the most frequent words are kept.
        tokenizer: ``words``, ``whitespace``, or the path of a ``tokenizer.json``.
        random_state: The seed. ``None`` is always the same one.
        options: Other options of :func:`eigenlex.embed`, as a dict.

    Attributes:
        model_: The model, with all its questions: ``lsa.model_.search``.
        singular_values_: The singular values of the weighted matrix of words in documents.
        explained_: The part of the sum of its squares that these hold.

    A text without a known word has a code of zeros, and a warning says so.
    ``fit_transform(texts)`` equals ``fit(texts).transform(texts)``.
    """

    def __init__(
        self,
        n_components: int = 100,
        *,
        recipe: str = "documents",
        min_count: int = 5,
        max_words: int | None = None,
        tokenizer: str = "words",
        random_state: Any = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.recipe = recipe
        self.min_count = min_count
        self.max_words = max_words
        self.tokenizer = tokenizer
        self.random_state = random_state
        self.options = options

    def fit(self, X: Iterable[Any], y: Any = None) -> LSA:
        """Learns from texts: an iterable of strings or of lists of tokens, or a column."""
        config = {
            "recipe": self.recipe,
            "dim": whole("n_components", self.n_components, 1),
            "min_count": whole("min_count", self.min_count),
            "max_words": self.max_words,
            "tokenizer": self.tokenizer,
            "seed": _seed(self.random_state),
        }
        options = self.options or {}
        if not isinstance(options, Mapping):
            raise TypeError(f"options: found {type(options).__name__}, expected a dict")
        self.model_: Model = embed_texts(X, {**config, **options})
        spectrum = self.model_.provenance["spectrum"]
        self.singular_values_ = np.array(spectrum["singular_values"])
        self.explained_: float = spectrum["explained"]
        return self

    @property
    def vocabulary_(self) -> Any:
        """The position of each word."""
        check_is_fitted(self)
        return self.model_.wv.key_to_index

    def fit_transform(self, X: Iterable[Any], y: Any = None) -> Any:
        """Learns from texts, and returns their codes."""
        # Texts that can be read only once are needed twice.
        texts = X if hasattr(X, "__len__") else list(X)
        return self.fit(texts).transform(texts)

    def transform(self, X: Iterable[Any]) -> Any:
        """The codes of texts, a row each."""
        check_is_fitted(self)
        return self.model_._encode([], _corpus.texts(X, "X"))

    @property
    def _n_features_out(self) -> int:
        return int(self.model_.dim)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags
