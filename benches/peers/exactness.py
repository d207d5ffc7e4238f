#!/usr/bin/env python3
"""How exact are small singular values? eigenlex beside SciPy's ARPACK and PROPACK, on matrices whose spectrum is known to the last bit.

    pip install -r benches/peers/requirements.txt
    cargo build --release && python3 benches/peers/exactness.py

Each matrix is `P (H D H) Q`: permutations, blocks of Hadamard matrices of order 4, and singular values D with few bits, so that no entry
is rounded (this is checked). The 20 largest singular values fall from s_1 by a factor of 10^(1/19) to 10^(14/19), the others on at that
rate. SciPy gets tol=0, its most exact; eigenlex a tolerance of 1e-10. The time is that of the decomposition, the best of five runs.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse
import scipy.sparse.linalg
from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parent.parent.parent
RANK = 20
ORDER = 600
CONDITIONS = [1, 1e1, 1e2, 1e3, 1e4, 1e6, 1e8, 1e10, 1e12, 1e14]
"""s_1 / s_20."""

RUNS = 5


def few_bits(value):
    """The value with five bits."""
    mantissa, exponent = np.frexp(value)
    return np.ldexp(np.round(mantissa * 32) / 32, exponent)


def matrix(condition, seed):
    """A matrix of ORDER and its singular values, falling."""
    rate = condition ** (-1 / (RANK - 1)) if condition > 1 else 1.0
    values = few_bits(rate ** np.arange(ORDER, dtype=float))
    if condition == 1:
        values[RANK:] = few_bits(0.9 ** np.arange(1, ORDER - RANK + 1))
    # What is far below the rounding of the largest would not fit into one entry with it.
    values[values < 1e-16] = 0.0
    values = np.sort(values)[::-1]
    hadamard = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], float)
    blocks = []
    for start in range(0, ORDER, 4):
        d = values[start : start + 4]
        block = hadamard @ np.diag(d) @ hadamard
        exact = [[sum(int(h * 2**80 * x) for h, x in zip(row * column, d)) for column in hadamard] for row in hadamard]
        assert all(int(block[i, j] * 2**80) == exact[i][j] for i in range(4) for j in range(4)), "an entry was rounded"
        blocks.append(block)
    rng = np.random.default_rng(seed)
    a = scipy.sparse.block_diag(blocks, format="csr")
    a = a[rng.permutation(ORDER)][:, rng.permutation(ORDER)]
    return a, 4 * values[:RANK]


def measure(a, expected, u, s, vt, seconds):
    """The largest relative error of a value and the largest residual as a part of s_1."""
    order = np.argsort(-s)
    u, s, vt = u[:, order], s[order], vt[order]
    error = np.max(np.abs(s - expected) / expected)
    residual = max(
        np.max(np.linalg.norm(a @ vt.T - u * s, axis=0)), np.max(np.linalg.norm(a.T @ u - vt.T * s, axis=0))
    )
    return error, residual / expected[0], seconds


def scipy_svds(a, solver):
    best = None
    for _ in range(RUNS):
        start = time.perf_counter()
        result = scipy.sparse.linalg.svds(a, k=RANK, solver=solver, tol=0, maxiter=10_000, rng=0)
        best = min(best or np.inf, time.perf_counter() - start)
    return *result, best


def eigenlex(a, program, folder):
    path, out = folder / "a.mtx", folder / "a.safetensors"
    scipy.io.mmwrite(path, a, precision=17)
    best = None
    for _ in range(RUNS):
        command = [program, "svd", path, "-k", str(RANK), "--tolerance", "1e-10", "--left-vectors", "--format", "json"]
        run = subprocess.run([*command, "-o", out, "--force"], check=True, capture_output=True, text=True)
        best = min(best or np.inf, json.loads(run.stdout)["seconds"])
    found = load_file(out)
    return found["left_vectors"], found["singular_values"], found["right_vectors"].T, best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "target/release/eigenlex", help="the program [default: %(default)s]")
    arguments = parser.parse_args()
    contenders = {
        "eigenlex": lambda a, folder: eigenlex(a, arguments.program, folder),
        "ARPACK": lambda a, _: scipy_svds(a, "arpack"),
        "PROPACK": lambda a, _: scipy_svds(a, "propack"),
    }
    print("| s_1 / s_20 | method | largest relative error | residual / s_1 | ms |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for number, condition in enumerate(CONDITIONS):
            a, expected = matrix(condition, number)
            for name, solve in contenders.items():
                try:
                    error, residual, seconds = measure(a, expected, *solve(a, Path(folder)))
                    print(f"| {condition:.0e} | {name} | {error:.1e} | {residual:.1e} | {1000 * seconds:.0f} |")
                except Exception as failure:  # of another library: a row of the table, not its end
                    print(f"| {condition:.0e} | {name} | {type(failure).__name__}: {str(failure)[:60]} | | |")


if __name__ == "__main__":
    main()
