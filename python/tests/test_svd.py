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
        eigenlex.ParameterError, match="k is 301, expected at most 300: the matrix is 600 x 300"
    ):
        eigenlex.svd(matrix, 301)
    with pytest.raises(ValueError, match="k is 0, expected at least 1"):
        eigenlex.svd(matrix, 0)
    with pytest.raises(eigenlex.ParameterError, match="k is 2.5, expected a whole number"):
        eigenlex.svd(matrix, 2.5)  # type: ignore[arg-type]
    with pytest.raises(
        eigenlex.ParameterError, match="tolerance is 2.0, expected a number above 0"
    ):
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
    with pytest.raises(eigenlex.DataError, match="no entry but zeros") as found:
        eigenlex.svd(sparse.csr_matrix((5, 5)), 1)
    assert "min_count" not in str(found.value)
    with pytest.raises(eigenlex.DataError, match="X has no entry but zeros"):
        eigenlex.RandomizedSVD(1).fit(np.zeros((5, 5)))
    with pytest.raises(eigenlex.DataError, match="expected a matrix of real numbers"):
        eigenlex.svd(np.ones((2, 2, 2)), 1)
    with pytest.raises(eigenlex.DataError, match="expected real numbers"):
        eigenlex.svd(sparse.csr_matrix(np.eye(3) * 1j), 1)
    with pytest.raises(eigenlex.DataError, match="expected a matrix of real numbers"):
        eigenlex.svd([["a"]], 1)


@pytest.mark.parametrize("form", ["csr", "csc", "bsr", "coo"])
def test_damaged_matrices_of_scipy_are_refused(form: str) -> None:
    """SciPy itself reads beyond the ends of their arrays."""
    for part, value in (("indptr", 99), ("indptr", -1), ("indices", 10**6), ("indices", -1)):
        matrix = sparse.random(8, 6, density=0.5, random_state=1).asformat(form)
        if form == "coo":
            matrix.coords[0][1] = value
        else:
            getattr(matrix, part)[1] = value
        with pytest.raises(eigenlex.DataError, match="matrix is damaged"):
            eigenlex.svd(matrix, 2)
    if form == "csr":
        matrix = sparse.random(8, 6, density=0.5, random_state=1).asformat(form)
        matrix.indptr = matrix.indptr[:-2]
        with pytest.raises(eigenlex.DataError, match="matrix is damaged"):
            eigenlex.svd(matrix, 2)


def test_a_result_comes_apart_as_that_of_scipy(matrix: Any) -> None:
    found = eigenlex.svd(matrix, 4)
    u, s, vt = found
    assert len(found) == 3 and found[0] is u and found[1] is s and found[-1] is vt
    ours, theirs = (u * s) @ vt, sparse.linalg.svds(matrix, 4)
    assert np.allclose(ours, (theirs[0] * theirs[1]) @ theirs[2], atol=1e-2 * s[0])
    with pytest.raises(IndexError):
        found[3]


def test_arguments_are_named_as_the_caller_names_them(matrix: Any) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"tolerance": np.nan}, "tolerance is nan, expected a number above 0 and below 1"),
        ({"tolerance": "x"}, "tolerance is 'x', expected a number"),
        ({"n_components": 0}, "n_components is 0, expected at least 1"),
        ({"n_components": 301}, "n_components is 301, expected at most 300"),
        ({"n_components": 10**30}, "n_components is 1000"),
        ({"n_components": True}, "n_components is True, expected a whole number"),
        ({"n_iter": -1}, "n_iter is -1, expected at least 0"),
        ({"n_oversamples": 2.5}, "n_oversamples is 2.5, expected a whole number"),
        ({"max_products": 0}, "max_products is 0, expected at least 1"),
        ({"precision": None}, "precision is None, expected auto, single or double"),
        ({"random_state": 2**64}, "random_state is 18446744073709551616, expected at most"),
        ({"random_state": -1}, "random_state is -1, expected at least 0"),
    ]
    for options, message in wrong:
        with pytest.raises(eigenlex.ParameterError, match=message):
            eigenlex.RandomizedSVD(**options).fit(matrix)
    more: list[tuple[dict[str, Any], str]] = [
        ({"seed": 2**64}, "seed is 18446744073709551616, expected at most"),
        ({"squared_norm": 1.0}, "squared_norm is given, expected None"),
        ({"left_vectors": "no"}, "left_vectors is 'no', expected True or False"),
        ({"block_width": 0}, "block_width is 0"),
        ({"max_basis": 3}, "max_basis is 3"),
    ]
    for options, message in more:
        with pytest.raises(eigenlex.ParameterError, match=message):
            eigenlex.svd(matrix, 2, **options)
    operator = sparse.linalg.aslinearoperator(matrix)
    for norm in (-1.0, 0.0, np.nan, np.inf, "x"):
        with pytest.raises(eigenlex.ParameterError, match="squared_norm is"):
            eigenlex.svd(operator, 2, squared_norm=norm)  # type: ignore[arg-type]


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
