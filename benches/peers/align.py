#!/usr/bin/env python3
"""Two languages laid over each other by the published steps, in plain NumPy, and by eigenlex, on the same vectors.

    pip install numpy
    python3 benches/peers/align.py en.txt es.txt train.txt test.txt            # word2vec text files and dictionaries of pairs of words
    python3 benches/peers/align.py en.txt es.txt train.txt test.txt --unsupervised --seeds 1 2 3

What is published, and written here from the papers:
- supervised: Artetxe, Labaka & Agirre 2018 (AAAI), "Generalizing and improving bilingual word embedding mappings with a multi-step framework of linear
  transformations": vectors at length 1, centred, at length 1 again; both sides whitened, mapped by the orthogonal Procrustes solution, re-weighted
  by the square roots of its singular values, de-whitened.
- unsupervised: Artetxe, Labaka & Agirre 2018 (ACL), "A robust self-learning method for fully unsupervised cross-lingual mappings of word embeddings":
  the beginning from sorted similarities of the 4,000 most frequent words, the induction of pairs in both directions by CSLS with 10 neighbours among the
  `--cutoff` most frequent words, of which a growing share is looked at, and the steps above at the end.

Both are scored alike: precision at 1 and 5 by CSLS with 10 neighbours among the `--max-words` most frequent words of each side, over the sources that
have a vector and a translation that has one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
NEIGHBOURS = 10
BEGINNING_WORDS = 4000
PATIENCE = 50
LEAST_GAIN = 1e-6
BLOCK = 2000


def read(path, max_words):
    with open(path, encoding="utf-8", errors="replace") as file:
        n_words, dim = map(int, file.readline().split())
        words, rows = [], np.empty((min(n_words, max_words), dim), np.float32)
        for line in file:
            word, *numbers = line.rstrip("\n").rstrip(" ").split(" ")
            rows[len(words)] = numbers
            words.append(word)
            if len(words) == len(rows):
                break
    return words, rows


def pairs_of(path, source, target):
    """Positions of the pairs of a dictionary whose words have vectors, by source, and the sources that have a vector at all."""
    places = [{word: place for place, word in enumerate(words)} for words in (source, target)]
    pairs = defaultdict(set)
    for line in open(path, encoding="utf-8"):
        left, right = line.split()[:2]
        if left in places[0] and right in places[1]:
            pairs[places[0][left]].add(places[1][right])
    return pairs


def unit(rows):
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths == 0, 1, lengths)


def normalised(rows):
    rows = unit(rows)
    return unit(rows - rows.mean(axis=0))


def mean_of_best(left, right, n):
    """For each row of `left` the mean of its n largest products with rows of `right`."""
    means = np.empty(len(left), np.float32)
    for start in range(0, len(left), BLOCK):
        scores = left[start : start + BLOCK] @ right.T
        means[start : start + BLOCK] = np.partition(scores, scores.shape[1] - n, axis=1)[:, -n:].mean(axis=1)
    return means


def whitening(rows):
    _, s, vt = np.linalg.svd(rows, full_matrices=False)
    return vt.T @ np.diag(1 / s) @ vt


def multi_step(x, z, left, right):
    """The steps from normalised vectors and pairs to mapped vectors."""
    to_white = [whitening(rows[places]) for rows, places in ((x, left), (z, right))]
    back = [np.linalg.inv(matrix) for matrix in to_white]
    x, z = x @ to_white[0], z @ to_white[1]
    u, s, vt = np.linalg.svd(x[left].T @ z[right])
    v = vt.T
    x, z = x @ u * np.sqrt(s), z @ v * np.sqrt(s)
    return x @ (u.T @ back[0] @ u), z @ (v.T @ back[1] @ v)


def begin(x, z):
    """Pairs from the sorted square roots of the similarities within each language."""
    n = min(BEGINNING_WORDS, len(x), len(z))
    profiles = []
    for rows in (x[:n], z[:n]):
        u, s, _ = np.linalg.svd(rows, full_matrices=False)
        profiles.append(normalised(np.sort((u * s) @ u.T, axis=1)))
    return induce(*profiles, 1.0, None)[:2]


def induce(x, z, share, random):
    """Pairs in both directions by CSLS, of which each possible pair is looked at with the probability `share`; and the mean of their similarities."""
    scores = x @ z.T
    left, right = [], []
    best = 0.0
    k = min(NEIGHBOURS, *scores.shape)
    hubs = [np.partition(matrix, matrix.shape[1] - k, axis=1)[:, -k:].mean(axis=1) for matrix in (scores, scores.T)]
    for matrix, hub, forward in ((scores, hubs[1], True), (scores.T, hubs[0], False)):
        best += matrix.max(axis=1).mean() / 2
        adjusted = matrix - hub / 2
        if random is not None and share < 1:
            # A pair that is not looked at is as if it were 0.
            kept = random.random(adjusted.shape, dtype=np.float32) < share
            adjusted = np.where(kept, adjusted - adjusted.min(), 0)
        nearest = adjusted.argmax(axis=1)
        left.append(np.arange(len(matrix)) if forward else nearest)
        right.append(nearest if forward else np.arange(len(matrix)))
    return np.concatenate(left), np.concatenate(right), best


def learn(x, z, cutoff, seed):
    random = np.random.default_rng(seed)
    left, right = begin(x, z)
    some = [rows[:cutoff] for rows in (x, z)]
    share, best, since = 0.1, -np.inf, 0
    while True:
        u, _, vt = np.linalg.svd(x[left].T @ z[right])
        left, right, objective = induce(some[0] @ u, some[1] @ vt.T, share, random)
        since += 1
        if objective > best + LEAST_GAIN:
            best, since = objective, 0
        if since >= PATIENCE:
            if share >= 1:
                return multi_step(x, z, left, right)
            share, since = min(1.0, 2 * share), 0


def precision(x, z, pairs):
    x, z = unit(x), unit(z)
    sources = np.array(sorted(pairs))
    hubs = mean_of_best(z, x, NEIGHBOURS)
    scores = 2 * x[sources] @ z.T - hubs
    ranked = np.argsort(-scores, axis=1)[:, :5]
    return [100 * np.mean([bool(pairs[source] & set(row[:n])) for source, row in zip(sources, ranked)]) for n in (1, 5)], len(sources)


def by_eigenlex(options, flags):
    """The same from the program."""
    with tempfile.TemporaryDirectory() as folder:
        mapped = Path(folder) / "map"
        common = ["--max-words", str(options.max_words), "-q", "--output", mapped]
        subprocess.run([options.executable, "align", options.source, options.target, *common, *flags], check=True, stdout=subprocess.DEVNULL)
        scoring = [options.executable, "evaluate", mapped, "--translation", options.test, "--format", "json", "-q"]
        out = subprocess.run(scoring, check=True, capture_output=True, text=True)
    [score] = [score for score in json.loads(out.stdout)["translation"] if score["retrieval"] == "csls"]
    return score


def cpu_seconds():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--max-words", type=int, default=20_000)
    parser.add_argument("--cutoff", type=int, default=2000, help="words among which pairs are induced [default: 2000; the papers: 20000]")
    parser.add_argument("--unsupervised", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--executable", type=Path, default=HERE.parent.parent / "target" / "release" / "eigenlex", help="the program, built already")
    options = parser.parse_args()

    (source, x), (target, z) = (read(path, options.max_words) for path in (options.source, options.target))
    x, z = normalised(x), normalised(z)
    test = pairs_of(options.test, source, target)
    for seed in options.seeds if options.unsupervised else [None]:
        start = cpu_seconds()
        if options.unsupervised:
            mapped = learn(x, z, options.cutoff, seed)
        else:
            train = pairs_of(options.train, source, target)
            left, right = map(np.array, zip(*((left, right) for left in sorted(train) for right in sorted(train[left]))))
            mapped = multi_step(x, z, left, right)
        (at_1, at_5), n = precision(*mapped, test)
        print(f"published, seed {seed}: P@1 {at_1:.1f}, P@5 {at_5:.1f} of {n:,} sources, {cpu_seconds() - start:.0f} CPU s", flush=True)
        start = cpu_seconds()
        flags = ["--unsupervised", "--seed", str(seed)] if options.unsupervised else ["--dictionary", options.train]
        score = by_eigenlex(options, flags)
        at_1, at_5 = 100 * score["p1"], 100 * score["p5"]
        print(f"eigenlex, seed {seed}: P@1 {at_1:.1f}, P@5 {at_5:.1f} of {score['answered']:,} sources, {cpu_seconds() - start:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
