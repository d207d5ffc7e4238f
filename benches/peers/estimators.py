"""The SVD of scikit-learn and of the Python package on a matrix of tf-idf weights, in one run.

    python benches/peers/estimators.py TEXTS [--output FILE]

TEXTS has a document a line and may be compressed with gzip, bzip2 or xz. Needs the packages `eigenlex`
and `scikit-learn`. Each way is timed three times, and the shortest time counts. Explained variances and
residuals are computed here, the same way for all, in 64 bits: the residual of a triplet is
`|A^T A v - s^2 v| / s`, divided by the smallest singular value.
"""

import argparse
import bz2
import gzip
import lzma
import platform
import resource
import time

import numpy as np
import scipy
import sklearn
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

import eigenlex

OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
RUNS = 3


def read(path: str) -> list[str]:
    opener = next((it for end, it in OPENERS.items() if path.endswith(end)), open)
    with opener(path, "rt", encoding="utf8") as file:
        return [line.rstrip("\n") for line in file]


def ways(k: int):
    yield "scikit-learn `TruncatedSVD`", lambda: TruncatedSVD(k, random_state=0)
    yield (
        "scikit-learn `TruncatedSVD(n_iter=20)`",
        lambda: TruncatedSVD(k, n_iter=20, random_state=0),
    )
    yield "scikit-learn `TruncatedSVD('arpack')`", lambda: TruncatedSVD(k, algorithm="arpack")
    yield (
        "eigenlex `RandomizedSVD(tolerance=0.03)`",
        lambda: eigenlex.RandomizedSVD(k, tolerance=0.03),
    )
    yield "eigenlex `RandomizedSVD`", lambda: eigenlex.RandomizedSVD(k)


def residual(matrix, estimator) -> float:
    v, s = estimator.components_.T.astype(np.float64), estimator.singular_values_.astype(np.float64)
    differences = matrix.T @ (matrix @ v) - v * s**2
    return float((np.linalg.norm(differences, axis=0) / s).max() / s.min())


def explained(matrix, estimator) -> float:
    """The share of the variance of all columns."""
    codes = matrix @ estimator.components_.T.astype(np.float64)
    squares = matrix.multiply(matrix).mean(axis=0) - np.square(matrix.mean(axis=0))
    return float(np.var(codes, axis=0).sum() / squares.sum())


def timed(make, matrix):
    best = (float("inf"), 0.0)
    for _ in range(RUNS):
        estimator = make()
        begun, used = time.perf_counter(), processor_seconds()
        estimator.fit(matrix)
        best = min(best, (time.perf_counter() - begun, processor_seconds() - used))
    return estimator, *best


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("texts")
    parser.add_argument("--output", help="a file for the table")
    parser.add_argument("--ranks", type=int, nargs="+", default=[100, 300])
    options = parser.parse_args()
    matrix = TfidfVectorizer(min_df=2).fit_transform(read(options.texts))
    n_rows, n_columns = matrix.shape
    lines = [
        f"{n_rows:,} documents, {n_columns:,} words, {matrix.nnz:,} entries; Python "
        f"{platform.python_version()}, scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}, "
        f"NumPy {np.__version__}, eigenlex {eigenlex.__version__}",
        "",
        "| k | | seconds | processor seconds | variance explained, % | largest residual |",
        "|---|---|---|---|---|---|",
    ]
    for k in options.ranks:
        for name, make in ways(k):
            estimator, wall, used = timed(make, matrix)
            share, worst = explained(matrix, estimator), residual(matrix, estimator)
            lines.append(
                f"| {k} | {name} | {wall:.1f} | {used:.1f} | {100 * share:.3f} | {worst:.1e} |"
            )
            print(lines[-1], flush=True)
    text = "\n".join(lines) + "\n"
    print(text)
    if options.output:
        with open(options.output, "w", encoding="utf8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
