#!/usr/bin/env python3
"""Truncated SVDs side by side: eigenlex, single-svdlib, faer, scikit-learn, SciPy and fbpca on the same matrices, in one run.

    pip install -r benches/peers/requirements.txt
    make bench-peers CORPUS=wikipedia.docs.txt.zst       # or: python3 benches/peers/svd.py --help

Each contender is a process of its own, one after another, with all cores; time and memory are those of the decomposition, with the matrix
in memory before the clock starts. A contender that takes 12 times the processor time of eigenlex (but at least 60 s) is stopped. Every
result is checked by the same code (check.py) in f64, by the definition. Linux only.

How the contenders are made comparable: eigenlex stops when every residual, max(|A v - s u|, |A^T u - s v|), is below 1e-2 of the smallest
wanted singular value. Whoever takes a tolerance gets the same wish in its own terms: single-svdlib's IRLBA relates residuals to the largest
singular value and faer takes absolute ones, so both are given a number made with the singular values of the reference, which their user
would not know; SciPy squares `tol`, and ARPACK compares the residual of `A^T A v = s^2 v` with the square times s^2, so `tol` is the root of
1e-2; PROPACK compares its bound on the error of a singular value with the square times s, and that residual comes out near 1e-2 too. faer
gets 1e-3 (see below why). The others get a number of power iterations: their defaults, or what is usual.

All compute in f32, which was the faster for each, but fbpca, which makes its random numbers in f64 and would convert an f32 matrix for every
product. single-svdlib's IRLBA gets the basis of rank + 30 that its documentation advises. BLAS and rayon take all cores.

The reference is eigenlex with tolerance 1e-6, raised to f64 by Rayleigh and Ritz; the run stops if its own residual is above 1e-4. A contender
that found a larger singular value than the reference would show that it missed one; the table would say so.
"""

import argparse
import importlib.metadata
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np

import check

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

TOLERANCE = 1e-2
"""Residual of a triplet relative to the smallest wanted singular value."""

FAER_TOLERANCE = 1e-3
"""With 1e-2, in f32 or f64, faer returned residuals of 2e-2 and vectors that are not orthogonal, in no less time."""

REFERENCE_RESIDUAL = 1e-4
"""The reference must be exact to this, measured."""

CAP_FLOOR_S = 60
"""Processor seconds that every contender may take."""

REPEAT_BELOW_S = 5
"""A run of less wall time than this is repeated, and the run with the least processor time counts."""

POLL_S = 0.05

CPU_TICK_S = 0.01
"""The kernel tells processor time in such steps."""


@dataclass(frozen=True)
class Contender:
    name: str
    method: str
    parameter: Callable[[float, float], float]
    """From the first and the last wanted singular value."""
    in_python: bool = False
    symmetric: bool = False
    """Whether it is for symmetric matrices alone."""


def fixed(number):
    return lambda first, last: number


CONTENDERS = [
    Contender("**eigenlex**, tolerance 1e-2", "eigenlex", fixed(TOLERANCE)),
    Contender("**eigenlex**, tolerance 1e-5", "eigenlex", fixed(1e-5)),
    Contender("eigenlex, plain scheme, 4 power iterations", "eigenlex-power", fixed(4)),
    Contender("single-svdlib, IRLBA to 1e-2", "single-svdlib-irlba", lambda first, last: TOLERANCE * last / first),
    Contender("single-svdlib, randomized, 4 power iterations", "single-svdlib-randomized", fixed(4)),
    Contender("single-svdlib, block Krylov, 4 blocks", "single-svdlib-krylov", fixed(4)),
    Contender("faer `partial_svd` to 1e-3", "faer", lambda first, last: FAER_TOLERANCE * last),
    Contender("scikit-learn `randomized_svd`, n_iter 4", "scikit-learn", fixed(4), in_python=True),
    Contender("scikit-learn `randomized_svd`, n_iter 7", "scikit-learn", fixed(7), in_python=True),
    Contender("SciPy `svds`, ARPACK, tol 0.1", "svds-arpack", fixed(math.sqrt(TOLERANCE)), in_python=True),
    Contender("SciPy `svds`, PROPACK, tol 0.1", "svds-propack", fixed(math.sqrt(TOLERANCE)), in_python=True),
    Contender("SciPy `eigsh`, ARPACK, tol 1e-2", "eigsh", fixed(TOLERANCE), in_python=True, symmetric=True),
    Contender("fbpca, n_iter 2", "fbpca", fixed(2), in_python=True),
    Contender("fbpca, n_iter 4", "fbpca", fixed(4), in_python=True),
]

PROBLEMS = {
    "zipf-small": (50, 100),
    "zipf-medium": (100, 300),
    "zipf-large": (100, 300),
    "documents": (100, 300),
    "window": (100, 300),
    "window-apart": (100, 300),
}
"""Matrices and the ranks asked of them; `window` is symmetric, `window-apart` is the matrix of `eigenlex embed`."""

QUICK = ("zipf-small",)
OF_A_CORPUS = ("documents", "window", "window-apart")


class Stopped(Exception):
    """A contender beyond its share, or one that failed: the text stands in the table."""


def executable():
    """Builds the Rust side, and finds it."""
    cargo = os.environ.get("CARGO", "cargo")
    command = [cargo, "bench", "--locked", "--bench", "peers", "--no-run", "--message-format", "json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for message in map(json.loads, lines):
        if message["reason"] == "compiler-artifact" and message["target"]["name"] == "peers" and message["executable"]:
            return message["executable"]
    sys.exit("cargo built no `peers`")


def write_matrix(program, problem, corpus, scratch):
    """The folder of a matrix; one that is there is taken as it is."""
    arguments = [problem]
    folder = scratch / problem
    if problem in OF_A_CORPUS:
        arguments.append(str(corpus))
        folder = scratch / f"{problem}-{corpus.name}-{corpus.stat().st_size}"
    if not (folder / "matrix.json").exists():
        tell(f"writing {folder}")
        subprocess.run([program, "write-matrix", *arguments, str(folder)], check=True)
    return folder


def processor_seconds(pid):
    """User and system time of all threads of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(command, cap_s):
    """Runs a contender; its report, or `Stopped` beyond `cap_s` of processor time after loading or four fifths of the memory."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 4 // 5
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines, complaints = [], []
    readers = [
        threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True),
        threading.Thread(target=lambda: complaints.extend(process.stderr), daemon=True),
    ]
    for reader in readers:
        reader.start()
    loaded_s = None
    why = None
    while process.poll() is None:
        try:
            if loaded_s is None and lines:
                loaded_s = processor_seconds(process.pid)
            # A second line is the report: the rest is writing the result.
            working = loaded_s is not None and len(lines) < 2
            if working and processor_seconds(process.pid) - loaded_s > cap_s:
                why = f"> {cap_s:.0f} s CPU (stopped)"
            if resident_bytes(process.pid) > memory:
                why = f"> {memory / 2**20:.0f} MiB (stopped)"
        except (FileNotFoundError, ProcessLookupError, IndexError):
            break
        if why:
            process.kill()
            break
        time.sleep(POLL_S)
    process.wait()
    for reader in readers:
        reader.join()
    if why:
        raise Stopped(why)
    if process.returncode != 0:
        last = complaints[-1].strip() if complaints else f"exit code {process.returncode}"
        raise Stopped(f"failed: {last[:120]}")
    return json.loads(lines[-1])


class Bench:
    def __init__(self, program, scratch, cap_factor):
        self.program, self.scratch, self.cap_factor = program, scratch, cap_factor

    def run(self, method, parameter, in_python, rank, matrix, cap_s):
        """The report of a contender, and the folder of its result."""
        side = [sys.executable, str(HERE / "measure.py")] if in_python else [self.program, "decompose"]
        result = self.scratch / "result"
        shutil.rmtree(result, ignore_errors=True)
        report = measure([*side, method, repr(parameter), str(rank), str(matrix), str(result)], cap_s)
        repeats = 2 if report["wall_s"] < REPEAT_BELOW_S else 0
        for _ in range(repeats):
            again = measure([*side, method, repr(parameter), str(rank), str(matrix), str(result)], cap_s)
            report = min(report, again, key=lambda report: report["cpu_s"])
        return report, result

    def reference(self, rank, folder, matrix):
        _, result = self.run("eigenlex", 1e-6, False, rank, folder, math.inf)
        found = check.Triplets.read(result)
        singular_values = check.best_singular_values(matrix, found.v)
        exactness = check.examine(matrix, found, singular_values)
        if not exactness.residual < REFERENCE_RESIDUAL:
            sys.exit(f"the residual of the reference is {exactness.residual:.1e}, expected below {REFERENCE_RESIDUAL}")
        return singular_values, exactness.residual

    def table(self, rank, folder, matrix, contenders):
        """A table of one matrix and rank in Markdown."""
        tell(f"{folder.name}, rank {rank}: reference")
        reference, residual = self.reference(rank, folder, matrix)
        n_rows, n_columns = matrix.shape
        yield f"### {folder.name}: {n_rows:,} x {n_columns:,}, {matrix.nnz:,} entries, rank {rank}\n"
        yield (
            f"s_1 = {reference[0]:.4g}, s_{rank} = {reference[-1]:.4g}; residual of the reference {residual:.1e}. "
            f"The entries alone, in one direction, take {(8 * matrix.nnz + 8 * n_rows) / 2**20:,.0f} MiB.\n"
        )
        yield "| method | wall s | CPU s | x wall | x CPU | loaded MiB | peak MiB | products | max rel. error of s | max residual | skew |"
        yield "|---|---|---|---|---|---|---|---|---|---|---|"
        own = None
        symmetric = json.loads((folder / "matrix.json").read_text())["symmetric"]
        for contender in contenders:
            if contender.symmetric and not symmetric:
                continue
            tell(f"{folder.name}, rank {rank}: {contender.name}")
            parameter = contender.parameter(float(reference[0]), float(reference[-1]))
            cap_s = math.inf if own is None else max(CAP_FLOOR_S, self.cap_factor * own["cpu_s"])
            try:
                report, result = self.run(contender.method, parameter, contender.in_python, rank, folder, cap_s)
                own = own or report
                yield self.row(contender, report, own, check.examine(matrix, check.Triplets.read(result), reference), rank)
            except Stopped as stopped:
                yield f"| {contender.name} | {stopped} |" + " |" * 9
        shutil.rmtree(self.scratch / "result", ignore_errors=True)
        yield ""

    @staticmethod
    def row(contender, report, own, exactness, rank):
        error = f"{exactness.error:.1e}"
        if exactness.rank < rank:
            error += f" (of {exactness.rank} triplets found)"
        # A true part of the spectrum cannot lie above it.
        if exactness.excess > 10 * REFERENCE_RESIDUAL:
            error += f" (above the reference by {exactness.excess:.1e}!)"
        cells = [
            contender.name,
            f"{report['wall_s']:.2f}",
            f"{report['cpu_s']:.2f}",
            f"{report['wall_s'] / own['wall_s']:.1f}",
            f"{report['cpu_s'] / max(own['cpu_s'], CPU_TICK_S):.1f}",
            f"{report['loaded_mib']:,.0f}",
            f"{report['peak_mib']:,.0f}",
            "" if report["products"] is None else f"{report['products']:,}",
            error,
            f"{exactness.residual:.1e}",
            f"{exactness.skew:.0e}",
        ]
        return "| " + " | ".join(cells) + " |"


def surroundings():
    """What the numbers depend on, in a line each."""
    models = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    yield f"{models[0] if models else platform.machine()}, {os.cpu_count()} threads of hardware."
    crates = {crate["name"]: crate["version"] for crate in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]}
    versions = [f"{name} {crates[name]}" for name in ("eigenlex", "single-svdlib", "faer")]
    versions += [f"{name} {importlib.metadata.version(name)}" for name in ("scikit-learn", "scipy", "fbpca", "numpy")]
    yield ", ".join(versions) + f", Python {platform.python_version()}."


def tell(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a corpus for the window and the document matrix; without it, only Zipf matrices")
    parser.add_argument("--quick", action="store_true", help="only the smallest matrix")
    parser.add_argument("--problem", action="append", choices=PROBLEMS, help="only this matrix (may be repeated)")
    parser.add_argument("--rank", type=int, action="append", help="this rank instead of the usual two (may be repeated)")
    parser.add_argument("--only", default="", help="only contenders whose name matches this expression, and eigenlex")
    parser.add_argument("--cap-factor", type=float, default=12, help="stop a contender at so many times eigenlex's processor time")
    parser.add_argument("--output", type=Path, help="write the tables to this file too")
    parser.add_argument("--scratch", type=Path, default=ROOT / "target" / "peers", help="folder for matrices and results")
    parser.add_argument("--executable", help="the Rust side, if it is built already")
    return parser.parse_args()


def main():
    options = arguments()
    problems = options.problem or (QUICK if options.quick else list(PROBLEMS))
    if options.corpus is None:
        if options.problem and any(problem in OF_A_CORPUS for problem in problems):
            sys.exit("the matrices `documents`, `window` and `window-apart` need --corpus")
        problems = [problem for problem in problems if problem not in OF_A_CORPUS]
    contenders = CONTENDERS[:1] + [contender for contender in CONTENDERS[1:] if re.search(options.only, contender.name)]
    options.scratch.mkdir(parents=True, exist_ok=True)
    output = options.output.open("w") if options.output else None
    bench = Bench(options.executable or executable(), options.scratch, options.cap_factor)

    def put(line):
        print(line, flush=True)
        if output:
            print(line, file=output, flush=True)

    for line in surroundings():
        put(line)
    put("")
    for problem in problems:
        folder = write_matrix(bench.program, problem, options.corpus, options.scratch)
        matrix = check.read_matrix(folder)
        for rank in options.rank or PROBLEMS[problem]:
            for line in bench.table(rank, folder, matrix, contenders):
                put(line)


if __name__ == "__main__":
    main()
