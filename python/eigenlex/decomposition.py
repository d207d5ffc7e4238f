"""The truncated singular value decomposition of any matrix.

>>> import eigenlex, numpy
>>> a = numpy.diag([3.0, 5.0, 1.0])
>>> u, s, vt = eigenlex.svd(a, 2)
>>> [round(float(it), 4) for it in s]
[5.0, 3.0]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _eigenlex
from ._checks import LARGEST_SEED, choice, flag, real, whole
from .errors import DataError, ParameterError
from .progress import ProgressOption, listener

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SVD", "svd"]

#: Vectors that are multiplied at a time to find the squared norm of an operator.
_WIDTH = 64


class SVD:
    """The largest singular triplets of a matrix, and how exact they are.

    ``u, s, vt = svd(a, k)`` takes it apart, and ``[0]``, ``[1]`` and ``[2]`` are these three. The
    sign of a triplet is such that the entry of its row
    of ``vt`` of largest size is positive.
    """

    def __init__(self, found: dict[str, Any]) -> None:
        #: The left singular vectors, ``n_rows x k``; ``None`` if they were not asked for.
        self.u: NDArray[np.floating[Any]] | None = found["u"]
        #: The singular values, falling.
        self.s: NDArray[np.float64] = found["singular_values"]
        #: The right singular vectors, ``k x n_columns``.
        self.vt: NDArray[np.floating[Any]] = found["v"].T
        #: For each triplet the larger of ``|A v - s u|`` and ``|A^T u - s v|``, divided by the
        #: smallest singular value returned.
        self.residuals: NDArray[np.float64] = found["residuals"]
        #: The part of the sum of all squares that the triplets hold, from 0 to 1.
        self.explained: float = found["explained"]
        #: The sum of the squares of all entries.
        self.squared_norm: float = found["squared_norm"]
        #: Products of the matrix or its transpose with one vector.
        self.products: int = found["products"]
        #: ``single`` or ``double``: the numbers that the result was computed with.
        self.precision: str = found["precision"]
        #: Whether every residual is within the tolerance.
        self.converged: bool = found["converged"]
        #: SHA-256 of values and vectors, in hexadecimal.
        self.digest: str = found["digest"]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.u, self.s, self.vt))

    def __len__(self) -> int:
        return 3

    def __getitem__(self, place: int | slice) -> Any:
        return (self.u, self.s, self.vt)[place]

    def __repr__(self) -> str:
        state = "converged" if self.converged else "not converged"
        return (
            f"<SVD: rank {len(self.s)}, {100 * self.explained:.1f} % explained, largest residual "
            f"{self.residuals.max():.1e}, {state}>"
        )


def svd(
    matrix: Any,
    k: int,
    *,
    tolerance: float = 1e-3,
    left_vectors: bool = True,
    seed: int = 42,
    max_products: int | None = None,
    power_iterations: int | None = None,
    oversampling: int = 10,
    block_width: int | None = None,
    max_basis: int | None = None,
    precision: str = "auto",
    squared_norm: float | None = None,
    progress: ProgressOption = None,
) -> SVD:
    """Finds the ``k`` largest singular triplets.

    Args:
        matrix: A sparse matrix of SciPy, an array, or a ``scipy.sparse.linalg.LinearOperator``.
            Compressed rows are read where they lie, and copied once, into the form that products
            are fast in.
        k: How many triplets.
        tolerance: The largest residual of a triplet, above 0 and below 1.
        left_vectors: Whether ``u`` is wanted.
        seed: Of the random start.
        max_products: Gives up after so many products with one vector; 100 ``k`` by default.
        power_iterations: Takes the plain randomized scheme (Halko et al. 2011) instead.
        oversampling: The further columns of that scheme.
        block_width, max_basis: How the iteration works, see ``eigenlex svd --help``.
        precision: ``single`` computes with 32 bits, ``double`` with 64; ``auto`` continues in
            double precision where single does not reach the tolerance. The vectors are then
            ``float64``.
        squared_norm: The sum of the squares of all entries of an operator, if it is known; else it
            is found by as many products as its smaller side is long.
        progress: See :mod:`eigenlex.progress`.
    """
    return decompose(
        matrix,
        {
            "k": k,
            "tolerance": tolerance,
            "left_vectors": left_vectors,
            "max_products": max_products,
            "power_iterations": power_iterations,
            "oversampling": oversampling,
            "block_width": block_width,
            "max_basis": max_basis,
            "precision": precision,
        },
        seed=whole("seed", seed, 0, LARGEST_SEED),
        squared_norm=squared_norm,
        progress=progress,
    )


#: What the solver calls arguments that have another name.
_SOLVERS_NAMES = {
    "k": "rank",
    "n_components": "rank",
    "n_iter": "power_iterations",
    "n_oversamples": "oversampling",
}

#: The least of arguments that count something; the others are given as they are.
_LEAST = {
    "k": 1,
    "n_components": 1,
    "max_products": 1,
    "power_iterations": 0,
    "n_iter": 0,
    "oversampling": 0,
    "n_oversamples": 0,
    "block_width": 1,
    "max_basis": 1,
}


def decompose(
    matrix: Any,
    arguments: dict[str, Any],
    *,
    seed: int,
    squared_norm: float | None = None,
    progress: ProgressOption = None,
    name: str = "matrix",
) -> SVD:
    """The decomposition with arguments by the names that the caller gives them."""
    settings: dict[str, Any] = {"seed": seed}
    for argument, value in arguments.items():
        if argument == "precision":
            value = choice(argument, value, ("auto", "single", "double"))
        elif argument == "left_vectors":
            value = flag(argument, value)
        elif argument == "tolerance":
            value = real(argument, value, "a number above 0 and below 1")
            if not 0 < value < 1:
                raise ParameterError(
                    f"tolerance is {value!r}, expected a number above 0 and below 1"
                )
        elif value is not None or argument in ("k", "n_components"):
            value = whole(argument, value, _LEAST[argument])
        if value is not None:
            settings[_SOLVERS_NAMES.get(argument, argument)] = value
    hears = listener(progress)
    try:
        if hasattr(matrix, "matmat") and hasattr(matrix, "rmatmat"):
            _check_rank(arguments, matrix.shape)
            return SVD(_of_operator(matrix, squared_norm, settings, hears))
        if squared_norm is not None:
            raise ParameterError("squared_norm is given, expected None: the matrix has its entries")
        rows = compressed_rows(matrix, name)
        _check_rank(arguments, rows.shape)
        if not rows.data.any():
            raise DataError(f"{name} has no entry but zeros: it has no singular vectors")
        arrays = (rows.indptr, rows.indices, rows.data)
        return SVD(_eigenlex.decompose(rows.shape, arrays, settings, hears))
    finally:
        hears.close()


def _check_rank(arguments: dict[str, Any], shape: tuple[int, ...]) -> None:
    """Refuses more triplets than a matrix has."""
    name = "k" if "k" in arguments else "n_components"
    if arguments[name] > min(shape):
        raise ParameterError(
            f"{name} is {arguments[name]}, expected at most {min(shape)}: the matrix is "
            f"{shape[0]} x {shape[1]}"
        )


def compressed_rows(matrix: Any, name: str = "matrix") -> Any:
    """A matrix in compressed rows; one that is so already is not copied."""
    from scipy import sparse

    rows: Any
    if sparse.issparse(matrix):
        rows = _checked(matrix, name).tocsr()
    else:
        try:
            array = np.asarray(matrix)
        except ValueError as error:
            message = f"{name}: expected rows of equal length, a matrix of real numbers"
            raise DataError(message) from error
        if array.ndim != 2 or array.dtype.kind not in "biuf":
            raise DataError(
                f"{name}: found {type(matrix).__name__} of shape {array.shape} and type "
                f"{array.dtype}, expected a matrix of real numbers"
            )
        rows = sparse.csr_matrix(array)
    if rows.dtype.kind not in "biuf":
        raise DataError(f"{name}: found a matrix of type {rows.dtype}, expected real numbers")
    if not rows.has_canonical_format:
        # The matrix of the caller stays as it is.
        rows = rows.copy()
        rows.sum_duplicates()
    if rows.dtype not in (np.float32, np.float64):
        rows = rows.astype(np.float64)
    if rows.indices.dtype != rows.indptr.dtype:
        rows.indptr = rows.indptr.astype(np.int64)
        rows.indices = rows.indices.astype(np.int64)
    return rows


def _checked(matrix: Any, name: str) -> Any:
    """A sparse matrix whose arrays fit each other: SciPy reads beyond the ends of others."""
    if matrix.ndim != 2:
        raise DataError(f"{name}: found {matrix.ndim} dimension(s), expected a matrix")
    try:
        if matrix.format in ("csr", "csc", "bsr"):
            # It reads from its last argument on only if the first are sound.
            starts, n_stored = matrix.indptr, len(matrix.indices)
            if len(starts) == 0 or (np.diff(starts) < 0).any() or starts[-1] > n_stored:
                raise ValueError("indptr does not rise from 0 to the number of entries")
            matrix.check_format(full_check=True)
        elif matrix.format == "coo":
            matrix._check()
    except (ValueError, TypeError, IndexError) as error:
        raise DataError(
            f"{name} is damaged: {error}\nhint: make it anew from its entries"
        ) from error
    return matrix


class _Products:
    """The products of an operator, with panels of ``float32`` or ``float64``."""

    def __init__(self, matrix: Any) -> None:
        self._matrix = matrix

    def multiply(self, panel: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(self._matrix.matmat(panel), dtype=panel.dtype)

    def multiply_transposed(self, panel: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(self._matrix.rmatmat(panel), dtype=panel.dtype)


def _of_operator(
    matrix: Any, squared_norm: float | None, settings: dict[str, Any], hears: Any
) -> dict[str, Any]:
    shape = tuple(int(it) for it in matrix.shape)
    if np.dtype(getattr(matrix, "dtype", None) or np.float64).kind == "c":
        raise DataError("found an operator of complex numbers, expected real numbers")
    if squared_norm is None:
        squared_norm = _squared_norm(matrix, shape)
        if squared_norm == 0:
            raise DataError("matrix has no entry but zeros: it has no singular vectors")
    elif real("squared_norm", squared_norm, "a number above 0") <= 0:
        raise ParameterError(f"squared_norm is {squared_norm!r}, expected a number above 0")
    return _eigenlex.decompose_operator(
        shape, _Products(matrix), float(squared_norm), settings, hears
    )


def _squared_norm(matrix: Any, shape: tuple[int, ...]) -> float:
    """The sum of the squares of all entries, by products with the unit vectors."""
    n, product = (shape[1], matrix.matmat) if shape[1] <= shape[0] else (shape[0], matrix.rmatmat)
    total = 0.0
    for start in range(0, n, _WIDTH):
        width = min(_WIDTH, n - start)
        units = np.zeros((n, width))
        units[np.arange(start, start + width), np.arange(width)] = 1.0
        total += float(np.square(np.asarray(product(units), dtype=np.float64)).sum())
    return total
