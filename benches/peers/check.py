"""How exact a decomposition is, in f64 and by the definition, whoever made it: `A v = s u`, `A^T u = s v`, `U^T U = V^T V = I`."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.linalg
from scipy.sparse import csr_array

# Columns that are multiplied at once: the panels stay small beside the matrix.
WIDTH = 16


@dataclass
class Triplets:
    """Singular values `s`, falling; vectors `u` (rows x rank) and `v` (columns x rank)."""

    s: np.ndarray
    u: np.ndarray
    v: np.ndarray

    @classmethod
    def read(cls, folder):
        folder = Path(folder)
        return cls(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in "suv"))

    @property
    def rank(self):
        return len(self.s)


@dataclass
class Exactness:
    """All that the table says about a result."""

    rank: int
    error: float
    """Largest |s_i - reference_i| / reference_i."""
    excess: float
    """Largest (s_i - reference_i) / reference_i: above rounding only if the reference missed something."""
    residual: float
    """Largest max(|A v_i - s_i u_i|, |A^T u_i - s_i v_i|) / reference_rank."""
    skew: float
    """Largest entry of |U^T U - I| and |V^T V - I|."""


def read_matrix(folder):
    """Compressed rows in f64."""
    folder = Path(folder)
    shape = json.loads((folder / "matrix.json").read_text())["shape"]
    offsets = np.load(folder / "indptr.npy")
    if offsets[-1] < 2**31:
        offsets = offsets.astype(np.int32)
    values = np.load(folder / "data.npy").astype(np.float64)
    return csr_array((values, np.load(folder / "indices.npy"), offsets), shape=shape)


def residuals(matrix, found):
    """max(|A v_i - s_i u_i|, |A^T u_i - s_i v_i|) of each triplet."""
    transpose = matrix.T

    def of_columns(start):
        columns = slice(start, start + WIDTH)
        s = np.asarray(found.s[columns], dtype=np.float64)
        u = np.ascontiguousarray(found.u[:, columns], dtype=np.float64)
        v = np.ascontiguousarray(found.v[:, columns], dtype=np.float64)
        right = np.linalg.norm(matrix @ v - u * s, axis=0)
        left = np.linalg.norm(transpose @ u - v * s, axis=0)
        return np.maximum(right, left)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(of_columns, range(0, found.rank, WIDTH))))


def gram(a, b):
    """`A^T B` of two tall matrices in f64, by parts of the rows."""
    parts = range(0, len(a), 1 << 16)
    return sum(np.asarray(a[i : i + (1 << 16)], np.float64).T @ np.asarray(b[i : i + (1 << 16)], np.float64) for i in parts)


def best_singular_values(matrix, v):
    """The singular values of `A` on the space of the columns of `v` (Rayleigh and Ritz), falling: never above those of `A`, and below them by
    the square of the residual only."""
    columns = [np.ascontiguousarray(v[:, i : i + WIDTH], dtype=np.float64) for i in range(0, v.shape[1], WIDTH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        image = np.concatenate(list(pool.map(lambda panel: matrix @ panel, columns)), axis=1)
    squares = scipy.linalg.eigh(gram(image, image), gram(v, v), eigvals_only=True)
    return np.sqrt(squares[::-1])


def examine(matrix, found, reference):
    """`reference`: singular values, falling; a result with fewer triplets is compared as far as it goes."""
    if found.rank == 0:
        return Exactness(0, np.nan, np.nan, np.nan, np.nan)
    s = np.asarray(found.s, dtype=np.float64)
    differences = (s - reference[: found.rank]) / reference[: found.rank]
    skew = max(np.abs(gram(side, side) - np.eye(found.rank)).max() for side in (found.u, found.v))
    residual = residuals(matrix, found).max() / reference[-1]
    return Exactness(found.rank, np.abs(differences).max(), differences.max(), residual, skew)
