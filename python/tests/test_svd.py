"""The SVD of matrices: NumPy's as the judge, and every kind of matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eigenlex

sparse = pytest.importorskip("scipy.sparse")


@pytest.fixture(scope="module")
def matrix() -> Any:
    rows = sparse.random(600, 300, density=0.05, random_state=1, format="csr")
    return rows @ sparse.diags(0.97 ** np.arange(300))


def test_it_is_that_of_numpy(matrix: Any) -> None:
    found = eigenlex.svd(matrix, 10, tolerance=1e-5)
    u, s, vt = found
    exact = np.linalg.svd(matrix.toarray())
    assert np.allclose(s, exact[1][:10], rtol=1e-5)
    assert u is not None and np.allclose(np.abs((u * exact[0][:, :10]).sum(0)), 1, atol=1e-3)
    assert np.allclose(u * s @ vt, (exact[0][:, :10] * exact[1][:10]) @ exact[2][:10], atol=2e-3)
    assert found.converged and found.residuals.max() <= 1e-5
    total = np.square(matrix.data).sum()
    assert found.squared_norm == pytest.approx(total, rel=1e-5)
    assert found.explained == pytest.approx(np.square(s).sum() / total, rel=1e-5)
    assert "rank 10" in repr(found)
    # The sign: the largest entry of each row is positive.
    assert (vt[np.arange(10), np.abs(vt).argmax(axis=1)] > 0).all()


def test_all_kinds_of_matrices_give_the_same_bits(matrix: Any) -> None:
    expected = eigenlex.svd(matrix.astype(np.float32), 5).digest
    single = matrix.astype(np.float32)
    wide = single.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    mixed = single.copy()
    mixed.indptr = mixed.indptr.astype(np.int64)
    for it in (
        single,
        single.tocsc(),
        single.tocoo(),
        single.toarray(),
        single.astype(np.float64),
        sparse.csr_array(single),
        wide,
        mixed,
    ):
        assert eigenlex.svd(it, 5).digest == expected, type(it)
    # Entries out of order, and twice, mean their sum; the caller's matrix stays as it is.
    halves = single.copy()
    halves.data = halves.data / 2
    twice = sparse.csr_matrix(
        (
            np.concatenate([halves.data, halves.data]),
            (
                np.concatenate([halves.tocoo().row] * 2),
                np.concatenate([halves.indices] * 2),
            ),
        ),
        shape=single.shape,
    )
    assert eigenlex.svd(twice, 5).digest == expected
    integers = sparse.csr_matrix(np.arange(12).reshape(4, 3))
    assert eigenlex.svd(integers, 1).s[0] == pytest.approx(np.linalg.norm(integers.toarray(), 2))


def test_compressed_rows_are_read_where_they_lie(matrix: Any) -> None:
    from eigenlex.decomposition import compressed_rows

    rows = compressed_rows(matrix.astype(np.float32))
    again = compressed_rows(rows)
    assert np.shares_memory(rows.data, again.data) and np.shares_memory(rows.indices, again.indices)


def test_operators_are_known_by_their_products(matrix: Any) -> None:
    from scipy.sparse.linalg import aslinearoperator

    expected = eigenlex.svd(matrix, 5, tolerance=1e-4)
    operator = aslinearoperator(matrix)
    for norm in (None, expected.squared_norm):
        found = eigenlex.svd(operator, 5, tolerance=1e-4, squared_norm=norm)
        assert np.allclose(found.s, expected.s, rtol=1e-5)
        assert found.explained == pytest.approx(expected.explained, rel=1e-4)
    assert eigenlex.svd(operator.T, 5).vt.shape == (5, 600)

    class Broken:
        shape, dtype = (600, 300), np.dtype(float)

        def matmat(self, panel: Any) -> Any:
            raise ZeroDivisionError

        rmatmat = matmat

    with pytest.raises(ZeroDivisionError):
        eigenlex.svd(Broken(), 5, squared_norm=1.0)


def test_rank_and_options_are_checked(matrix: Any) -> None:
    with pytest.raises(
        eigenlex.ParameterError, match="rank 301 is above the smaller side of the 600 x 300"
    ):
        eigenlex.svd(matrix, 301)
    with pytest.raises(ValueError, match="rank is 0, expected at least 1"):
        eigenlex.svd(matrix, 0)
    with pytest.raises(eigenlex.ParameterError, match="k is 2.5, expected a whole number"):
        eigenlex.svd(matrix, 2.5)  # type: ignore[arg-type]
    with pytest.raises(eigenlex.ParameterError, match="tolerance is 2, expected a number above 0"):
        eigenlex.svd(matrix, 2, tolerance=2)
    assert eigenlex.svd(matrix, 2, left_vectors=False).u is None
    plain = eigenlex.svd(matrix, 2, power_iterations=1)
    assert plain.products < 100


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named(matrix: Any, value: float) -> None:
    bad = matrix.tolil(copy=True)
    bad[7, 3] = value
    with pytest.raises(eigenlex.DataError, match="not finite .* at row 7, column 3"):
        eigenlex.svd(bad, 2)


def test_broken_matrices_are_refused(matrix: Any) -> None:
    from eigenlex import _eigenlex
    from eigenlex.progress import Listener

    def call(indptr: Any, indices: Any, data: Any, shape: Any = (2, 3)) -> None:
        arrays = (
            np.array(indptr, np.int32),
            np.array(indices, np.int32),
            np.array(data, np.float32),
        )
        _eigenlex.decompose(shape, arrays, {"rank": 1}, Listener())

    for arrays in (
        ([0, 1], [0], [1]),
        ([0, 2, 1], [0], [1]),
        ([0, 1, 3], [0, 1], [1, 2]),
        ([0, 1, 2], [0, 3], [1, 2]),
        ([0, 1, 2], [0, -1], [1, 2]),
        ([0, 2, 2], [1, 0], [1, 2]),
        ([1, 1, 2], [0, 1], [1, 2]),
        ([0, -1, 2], [0, 1], [1, 2]),
    ):
        with pytest.raises(eigenlex.ParameterError, match="matrix is damaged"):
            call(*arrays)
    with pytest.raises(eigenlex.DataError, match="no entry other than zero"):
        eigenlex.svd(sparse.csr_matrix((5, 5)), 1)
    with pytest.raises(eigenlex.DataError, match="expected a matrix of real numbers"):
        eigenlex.svd(np.ones((2, 2, 2)), 1)
    with pytest.raises(eigenlex.DataError, match="expected real numbers"):
        eigenlex.svd(sparse.csr_matrix(np.eye(3) * 1j), 1)
    with pytest.raises(eigenlex.DataError, match="expected a matrix of real numbers"):
        eigenlex.svd([["a"]], 1)


def test_double_precision_follows_where_single_does_not_suffice() -> None:
    exact = 10.0 ** (-8 * np.arange(300) / 9)
    matrix = sparse.diags(exact).tocsr()[:, np.random.default_rng(1).permutation(300)]
    operator = sparse.linalg.aslinearoperator(matrix)
    for it in (matrix, operator):
        found = eigenlex.svd(it, 10, tolerance=1e-7)
        assert found.precision == "double" and found.converged
        assert found.vt.dtype == np.float64
        assert np.allclose(found.s, exact[:10], rtol=1e-7, atol=0)
    single = eigenlex.svd(matrix, 10, tolerance=1e-7, precision="single")
    assert single.precision == "single" and single.vt.dtype == np.float32
    with pytest.raises(ValueError, match="precision is 'half', expected auto, single or double"):
        eigenlex.svd(matrix, 10, precision="half")
