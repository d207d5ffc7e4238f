"""The check against dense linear algebra, and every Python contender on a tiny matrix: `python3 -m unittest discover benches/peers`."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

import check

HERE = Path(__file__).resolve().parent
RANK = 5


def tiny():
    """60 x 40, a third of the entries, singular values that fall by half."""
    random = np.random.default_rng(1)
    u, _ = np.linalg.qr(random.standard_normal((60, 40)))
    v, _ = np.linalg.qr(random.standard_normal((40, 40)))
    return np.float32(u * 0.5 ** np.arange(40) @ v.T * (random.random((60, 40)) < 0.34)).astype(np.float64)


def exact(dense):
    u, s, vt = np.linalg.svd(dense)
    return check.Triplets(s[:RANK], u[:, :RANK], vt[:RANK].T)


class Check(unittest.TestCase):
    def setUp(self):
        self.dense = tiny()
        self.matrix = csr_array(self.dense)
        self.found = exact(self.dense)

    def test_an_exact_result_has_no_error(self):
        exactness = check.examine(self.matrix, self.found, self.found.s)
        self.assertEqual(exactness.rank, RANK)
        for number in (exactness.error, exactness.residual, exactness.skew):
            self.assertLess(number, 1e-13)

    def test_a_perturbed_result_has_the_residual_of_the_dense_formula(self):
        s, u, v = self.found.s.copy(), self.found.u.copy(), self.found.v.copy()
        s[1] *= 1.01
        v[:, 3] += 0.02 * v[:, 0]
        exactness = check.examine(self.matrix, check.Triplets(s, u, v), self.found.s)
        right = np.linalg.norm(self.dense @ v - u * s, axis=0)
        left = np.linalg.norm(self.dense.T @ u - v * s, axis=0)
        self.assertAlmostEqual(exactness.residual, max(right.max(), left.max()) / self.found.s[-1], places=12)
        self.assertAlmostEqual(exactness.error, 0.01, places=12)
        self.assertAlmostEqual(exactness.excess, 0.01, places=12)
        self.assertAlmostEqual(exactness.skew, 0.02, places=3)

    def test_rayleigh_and_ritz_need_the_space_alone(self):
        mixed = self.found.v @ np.random.default_rng(2).standard_normal((RANK, RANK))
        np.testing.assert_allclose(check.best_singular_values(self.matrix, mixed), self.found.s, rtol=1e-10)

    def test_python_contenders_agree_with_dense_algebra(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder, result = Path(scratch) / "matrix", Path(scratch) / "result"
            folder.mkdir()
            np.save(folder / "indptr.npy", self.matrix.indptr.astype(np.int64))
            np.save(folder / "indices.npy", self.matrix.indices.astype(np.int32))
            np.save(folder / "data.npy", self.matrix.data.astype(np.float32))
            (folder / "matrix.json").write_text(json.dumps({"shape": self.matrix.shape, "symmetric": False}))
            for method, parameter in (("scikit-learn", "7"), ("svds-arpack", "1e-3"), ("svds-propack", "1e-3"), ("fbpca", "20")):
                with self.subTest(method):
                    command = [sys.executable, str(HERE / "measure.py"), method, parameter, str(RANK), str(folder), str(result)]
                    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
                    self.assertEqual(lines[0], "loaded")
                    self.assertGreater(json.loads(lines[1])["peak_mib"], 10)
                    exactness = check.examine(check.read_matrix(folder), check.Triplets.read(result), self.found.s)
                    self.assertLess(exactness.error, 1e-3, method)
                    self.assertLess(exactness.skew, 1e-4, method)


if __name__ == "__main__":
    unittest.main()
