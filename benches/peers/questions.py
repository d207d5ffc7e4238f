#!/usr/bin/env python3
"""Opening vectors and asking for neighbours: eigenlex beside gensim, on the same random vectors.

    python3 benches/peers/questions.py --executable target/release/eigenlex [--words 271000] [--dim 300]

Needs gensim and NumPy (requirements-words.txt). Prints a table of seconds, and the ratio. The program's
times include its start; gensim's begin after its import. Every answer of the program is compared with
gensim's: the same words, similarities equal to 1e-5.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import gensim
import numpy as np
from gensim.models import KeyedVectors

TOP = 10


def timed(function, repeats=3):
    """The result, and the least of the times."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - begin)
    return result, min(times)


def write_text(path, words, vectors):
    """word2vec text with six decimals, as the C program writes it."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{len(words)} {vectors.shape[1]}\n")
        for word, row in zip(words, vectors):
            file.write(word + " " + " ".join(f"{value:.6f}" for value in row) + "\n")


def compare(ours, theirs):
    """The answers must be the same; equal similarities may change places."""
    assert [len(one) for one in ours] == [len(one) for one in theirs]
    for one, other in zip(ours, theirs):
        for mine, (_, similarity) in zip(one, other):
            assert abs(mine["similarity"] - similarity) < 1e-5, (mine, similarity)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--executable", default="target/release/eigenlex")
    parser.add_argument("--words", type=int, default=271_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--queries", type=int, default=1000)
    options = parser.parse_args()
    executable = str(pathlib.Path(options.executable).resolve())

    def run(*arguments, lines=None):
        text = None if lines is None else "".join(line + "\n" for line in lines)
        done = subprocess.run(
            [executable, *arguments], input=text, capture_output=True, text=True, check=True
        )
        return done.stdout

    random = np.random.default_rng(1)
    words = [f"w{number}" for number in range(options.words)]
    vectors = random.standard_normal((options.words, options.dim), dtype=np.float32)
    asked = [words[place] for place in random.choice(options.words, options.queries, replace=False)]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        text, own, native = folder / "v.vec", folder / "v.safetensors", folder / "v.kv"
        write_text(text, words, vectors)
        run("export", str(text), "-o", str(own))
        size = text.stat().st_size

        keyed, theirs = timed(lambda: KeyedVectors.load_word2vec_format(text), repeats=1)
        _, ours = timed(lambda: run("neighbors", str(text), words[0]))
        rows.append((f"open {size / 1e6:,.0f} MB of text, one question", theirs, ours))
        keyed.save(str(native))
        _, theirs = timed(lambda: KeyedVectors.load(str(native)))
        _, start = timed(lambda: run("--version"))
        _, ours = timed(lambda: run("similarity", str(own), words[0], words[1]))
        rows.append(("open the native format (ours with one question)", theirs, ours))
        rows.append(("start of the program alone", float("nan"), start))

        keyed.most_similar(words[0], topn=TOP)
        _, theirs = timed(lambda: [keyed.most_similar(word, topn=TOP) for word in asked[:50]])
        process = subprocess.Popen(
            [executable, "neighbors", str(own), "-", "-k", str(TOP), "--format", "json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

        def ask(word):
            process.stdin.write(word + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        ask(words[0])
        answers, ours = timed(lambda: [ask(word) for word in asked[:50]])
        process.stdin.close()
        process.wait()
        compare(answers, [keyed.most_similar(word, topn=TOP) for word in asked[:50]])
        rows.append(("one question, vectors open", theirs / 50, ours / 50))

        found, theirs = timed(
            lambda: [keyed.most_similar(word, topn=TOP) for word in asked], repeats=1
        )
        arguments = ["neighbors", str(own), "-", "-k", str(TOP), "--format", "json"]
        answers, ours = timed(lambda: run(*arguments, lines=asked))
        compare([json.loads(line) for line in answers.splitlines()], found)
        rows.append((f"{options.queries:,} questions at once", theirs, ours))

    print(f"{options.words:,} x {options.dim}, gensim {gensim.__version__}, seconds\n")
    print("| | gensim | eigenlex | ratio |\n|---|---|---|---|")
    for label, theirs, ours in rows:
        print(f"| {label} | {theirs:.4f} | {ours:.4f} | {theirs / ours:.1f} |")


if __name__ == "__main__":
    main()
