"""One decomposition by one Python library, in a process of its own: `measure.py METHOD PARAMETER RANK MATRIX RESULT`.

The counterpart of `peers decompose` of main.rs, with the same output: a line `loaded`, a line of JSON with seconds and memory, and s.npy,
u.npy, v.npy in the folder RESULT. Linux only.
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import LinearOperator, eigsh, svds


def load(folder, dtype):
    """The matrix with indices of 32 bits where they suffice, as SciPy makes it."""
    offsets = np.load(folder / "indptr.npy")
    if offsets[-1] < 2**31:
        offsets = offsets.astype(np.int32)
    values = np.load(folder / "data.npy").astype(dtype)
    return csr_array((values, np.load(folder / "indices.npy"), offsets), shape=json.loads((folder / "matrix.json").read_text())["shape"])


class Counted(LinearOperator):
    """A matrix that counts its products, and otherwise does what `aslinearoperator` does."""

    def __init__(self, matrix):
        super().__init__(matrix.dtype, matrix.shape)
        self.matrix, self.transpose_, self.products = matrix, matrix.T, 0

    def _matmat(self, panel):
        self.products += 1 if panel.ndim == 1 else panel.shape[1]
        return self.matrix @ panel

    def _rmatmat(self, panel):
        self.products += 1 if panel.ndim == 1 else panel.shape[1]
        return self.transpose_ @ panel

    _matvec, _rmatvec = _matmat, _rmatmat


def by_scikit_learn(matrix, rank, parameter):
    from sklearn.utils.extmath import randomized_svd

    n_iter = int(parameter)
    u, s, vt = randomized_svd(matrix, rank, n_iter=n_iter, random_state=42)
    return u, s, vt, (2 * n_iter + 2) * (rank + 10)


def by_fbpca(matrix, rank, parameter):
    import fbpca

    n_iter = int(parameter)
    np.random.seed(42)
    u, s, vt = fbpca.pca(matrix, rank, raw=True, n_iter=n_iter)
    return u, s, vt, (2 * n_iter + 2) * (rank + 2)


def by_svds(solver):
    def decompose(matrix, rank, parameter):
        counted = Counted(matrix)
        u, s, vt = svds(counted, rank, tol=parameter, solver=solver, rng=np.random.default_rng(42))
        return u, s, vt, counted.products

    return decompose


def by_eigsh(matrix, rank, parameter):
    """For a symmetric matrix alone: half the products of `svds`; a singular value is the size of an eigenvalue."""
    counted = Counted(matrix)
    start = np.random.default_rng(42).standard_normal(matrix.shape[0]).astype(matrix.dtype)
    values, vectors = eigsh(counted, rank, which="LM", tol=parameter, v0=start)
    return vectors * np.sign(values), np.abs(values), vectors.T, counted.products


# f32 for whoever computes in it: on the matrix of Wikipedia articles (rank 100) f64 took ARPACK, PROPACK and scikit-learn 1.6 to 2.5 times as
# long, to the same residual where 1e-2 was asked. fbpca draws f64 numbers and would convert an f32 matrix anew for every product.
METHODS = {
    "scikit-learn": (by_scikit_learn, np.float32),
    "svds-arpack": (by_svds("arpack"), np.float32),
    "svds-propack": (by_svds("propack"), np.float32),
    "eigsh": (by_eigsh, np.float32),
    "fbpca": (by_fbpca, np.float64),
}


def memory_mib(field):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    method, parameter, rank, matrix, result = sys.argv[1:]
    decompose, dtype = METHODS[method]
    matrix = load(Path(matrix), dtype)
    if method.startswith("scikit-learn"):
        import sklearn.utils.extmath  # noqa: F401, loaded before the clock starts
    if method == "fbpca":
        import fbpca  # noqa: F401
    # Forgets the memory peak of loading.
    Path("/proc/self/clear_refs").write_text("5")
    loaded = memory_mib("VmRSS:")
    print("loaded", flush=True)
    wall, cpu = time.perf_counter(), cpu_seconds()
    u, s, vt, products = decompose(matrix, int(rank), float(parameter))
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    report = {"wall_s": wall, "cpu_s": cpu, "loaded_mib": loaded, "peak_mib": memory_mib("VmHWM:"), "products": products}
    print(json.dumps(report), flush=True)
    falling = np.argsort(-s)
    result = Path(result)
    result.mkdir(parents=True, exist_ok=True)
    np.save(result / "s.npy", s[falling].astype(np.float64))
    np.save(result / "u.npy", np.ascontiguousarray(u[:, falling]))
    np.save(result / "v.npy", np.ascontiguousarray(vt[falling].T))


if __name__ == "__main__":
    main()
