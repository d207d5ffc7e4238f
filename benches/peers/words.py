#!/usr/bin/env python3
"""Word vectors side by side: eigenlex, gensim's word2vec, fastText, GloVe and scikit-learn's LSA on the same tokens, in one run.

    pip install -r benches/peers/requirements-words.txt
    make bench-words CORPUS=wikipedia.docs.txt.zst SETS=FOLDER       # or: python3 benches/peers/words.py --help

`eigenlex tokens` writes the corpus, a document a line; every contender reads that file, keeps the words that occur five times, and writes
vectors of the same dimension, in a process of its own with the same number of threads, one after another. Seconds and memory are those of
that process, from its start to its end, reading and writing included; processor seconds are the ones to compare on a machine that does
other things too. All vectors are then scored by `eigenlex evaluate` on the files of SETS, a folder with questions-words.txt and, as far as
they are there, ws353.tsv, simlex999.tsv, men3000.tsv, rw2034.tsv, categories-ap.tsv and odd-one-out-8-8-8.csv. Linux only.

What each is asked for: gensim and fastText have their own defaults but for the number of epochs, which the table names: window 5, 5 negative
samples, sampling 1e-3 (fastText 1e-4, and n-grams of 3 to 6 letters). gensim's defaults would be CBOW with 5 epochs. scikit-learn gets documents
of 200 tokens by tf-idf. GloVe is bicleaner-ai-glove, a fork of glove-python, with windows of 10: the one package with wheels for Python 3.11
(mittens computes with a dense matrix of all pairs of words, 32 GB for 90,000 words).

`--small` takes the first 1,500,000 tokens, 100 dimensions and one epoch: some two minutes. The whole takes an hour and more.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

TOP_WORDS = 30_000
SIMILARITY = ["ws353.tsv", "simlex999.tsv", "men3000.tsv", "rw2034.tsv"]
SMALL_TOKENS = 1_500_000


@dataclass
class Contender:
    name: str
    method: str
    settings: dict = field(default_factory=dict)
    flags: tuple = ()
    epochs: int = 0

    @property
    def label(self):
        return f"{self.name}, {self.epochs} epoch{'s' * (self.epochs > 1)}" if self.epochs else self.name


def contenders(small):
    """All of them; a number of epochs of 0 means that there are none."""
    yield Contender("eigenlex", "eigenlex")
    yield Contender("eigenlex, recipe passages", "eigenlex", flags=("--recipe", "passages"))
    yield Contender("scikit-learn LSA", "scikit-learn")
    for epochs in [1] if small else [5, 15]:
        yield Contender("gensim skip-gram", "gensim", {"skip_gram": 1}, epochs=epochs)
        yield Contender("gensim CBOW", "gensim", {"skip_gram": 0}, epochs=epochs)
    for epochs in [1] if small else [5]:
        yield Contender("fastText skip-gram", "fasttext", {"skip_gram": 1}, epochs=epochs)
    for epochs in [5] if small else [1, 15]:
        yield Contender("GloVe", "glove", epochs=epochs)


class Failed(Exception):
    """A contender ended with an error."""


def measure(command, threads):
    """Runs a command and returns its wall seconds, processor seconds and peak memory in MiB."""
    # What computes with BLAS gets the threads; what has threads of its own, gensim, gets one of BLAS for each.
    blas = "1" if "gensim" in command else str(threads)
    environment = os.environ | {"OPENBLAS_NUM_THREADS": blas, "OMP_NUM_THREADS": blas}
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"ended with {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def cut(source, target, n_tokens):
    """The first documents of a token file, the last one cut short."""
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as file:
        for line in lines:
            tokens = line.split()[:n_tokens]
            print(*tokens, file=file)
            n_tokens -= len(tokens)
            if n_tokens == 0:
                break


def percent(score):
    return 100 * score["correct"] / score["answered"] if score["answered"] else None


def scores(program, vectors, sets):
    """The columns of the table, in per cent; Spearman's rho x 100. None where nothing could be answered."""

    def evaluate(*flags):
        out = subprocess.run([program, "evaluate", vectors, "--format", "json", "--quiet", *flags], check=True, capture_output=True, text=True)
        return json.loads(out.stdout)

    questions = ["--analogies", sets / "questions-words.txt"]
    found = evaluate(*questions, "--max-words", str(TOP_WORDS))["analogies"] + evaluate(*questions)["analogies"]
    columns = [percent(score["all"]) for score in found]
    for flag, kind, name in [("-s", "similarity", file) for file in SIMILARITY] + [
        ("-c", "categories", "categories-ap.tsv"),
        ("--odd-one-out", "odd_one_out", "odd-one-out-8-8-8.csv"),
    ]:
        if not (sets / name).exists():
            columns.append(None)
            continue
        [score] = evaluate(flag, sets / name)[kind]
        if kind == "similarity":
            columns.append(None if score["spearman"] is None else 100 * score["spearman"])
        else:
            columns.append(percent(score.get("all", score)))
    return columns


HEADING = ["", "wall s", "CPU s", "peak MiB", "words", "top 30k: 3CosAdd", "3CosMul", "all words: 3CosAdd", "3CosMul"]
HEADING += ["WS353", "SimLex", "MEN", "RareWords", "AP purity", "8-8-8"]


def row(cells):
    return "| " + " | ".join(cells) + " |"


def n_words(vectors):
    """The number of words, from a model's vocabulary or the first line of a word2vec text file."""
    if vectors.is_dir():
        return json.loads((vectors / "model.json").read_text())["n_words"]
    with vectors.open(encoding="utf-8") as file:
        return int(file.readline().split()[0])


def run(contender, program, tokens, folder, options):
    """A line of the table."""
    vectors = folder / re.sub(r"\W+", "-", contender.label)
    if contender.method == "eigenlex":
        command = [program, "embed", tokens, "--tokenizer", "whitespace", "--document", "line", "--output", vectors, "--force", "--quiet"]
        command += ["--dim", options.dim, "--min-count", options.min_count, "--threads", options.threads, *contender.flags]
    else:
        settings = {"dim": options.dim, "threads": options.threads, "min_count": options.min_count, "seed": 42}
        settings |= contender.settings | ({"epochs": contender.epochs} if contender.epochs else {})
        vectors = vectors.with_suffix(".txt")
        command = [sys.executable, HERE / "train.py", contender.method, tokens, vectors, json.dumps(settings)]
    try:
        wall, cpu, peak = measure(command, options.threads)
        columns = scores(program, vectors, options.sets)
    except Failed as failed:
        return row([contender.label, str(failed)] + [""] * (len(HEADING) - 2))
    cells = [contender.label, f"{wall:,.1f}", f"{cpu:,.1f}", f"{peak:,.0f}", f"{n_words(vectors):,}"]
    return row(cells + ["-" if column is None else f"{column:.1f}" for column in columns])


def surroundings(tokens, options):
    models = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("gensim", "fasttext-wheel", "bicleaner-ai-glove", "scikit-learn", "numpy")]
    yield f"{models[0] if models else platform.machine()}, {options.threads} threads; {', '.join(versions)}, Python {platform.python_version()}."
    with tokens.open(encoding="utf-8") as lines:
        n_documents, n_tokens = 0, 0
        for line in lines:
            n_documents, n_tokens = n_documents + 1, n_tokens + len(line.split())
    yield f"{n_documents:,} documents, {n_tokens:,} tokens, {options.dim} dimensions, words that occur {options.min_count} times."


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("sets", type=Path, help="folder of the evaluation sets")
    parser.add_argument("--small", action="store_true", help=f"the first {SMALL_TOKENS:,} tokens, 100 dimensions, one epoch")
    parser.add_argument("--dim", type=int, help="dimensions [default: 300, small 100]")
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="only contenders whose label matches this expression")
    parser.add_argument("--output", type=Path, help="write the table to this file too")
    parser.add_argument("--scratch", type=Path, default=ROOT / "target" / "peers" / "words", help="folder for tokens and vectors")
    parser.add_argument("--executable", type=Path, default=ROOT / "target" / "release" / "eigenlex", help="the program, built already")
    options = parser.parse_args()
    options.dim = options.dim or (100 if options.small else 300)
    return options


def main():
    options = arguments()
    program = options.executable.resolve()
    if not program.exists():
        sys.exit(f"{program} is not there: run `cargo build --release`, or name it with --executable")
    if not (options.sets / "questions-words.txt").exists():
        sys.exit(f"{options.sets} has no questions-words.txt")
    options.scratch.mkdir(parents=True, exist_ok=True)
    tokens = options.scratch / "tokens.txt"
    subprocess.run([program, "tokens", options.corpus, "--document", "line", "--output", tokens, "--force", "--quiet"], check=True)
    if options.small:
        whole = tokens.rename(options.scratch / "tokens.whole.txt")
        cut(whole, tokens, SMALL_TOKENS)
        whole.unlink()
    output = options.output.open("w", encoding="utf-8") if options.output else None

    def put(line):
        print(line, flush=True)
        if output:
            print(line, file=output, flush=True)

    for line in surroundings(tokens, options):
        put(line)
    put("")
    put(row(HEADING))
    put("|" + "---|" * len(HEADING))
    for contender in contenders(options.small):
        if re.search(options.only, contender.label):
            put(run(contender, program, tokens, options.scratch, options))


if __name__ == "__main__":
    main()
