#!/usr/bin/env python3
"""Is the verdict of `align` right? `verdict.py EIGENLEX DATA WORK [--most-words N]` prints a line for each of some 330 cases with a known answer.

    pip install numpy
    cargo build --release
    python3 benches/verdict.py target/release/eigenlex DATA WORK > verdict.tsv

DATA holds english.txt and spanish.txt (novels, a paragraph a line), wikipedia.txt and news.txt (a document a line), train.txt and test.txt (English
and Spanish words, a pair a line). Models and maps are made in WORK, each once; WORK/results.jsonl keeps what is done. Some hours for everything, half
an hour with --most-words 400.

A case is named SPACES-WORDS-FORM-DIM-METHOD-PAIRS-WRONG. Its spaces are cut to the WORDS most frequent words and to DIM dimensions (0: all). The method
gets PAIRS pairs of words (or all of two thirds of the sources, if these are fewer), of which the share WRONG has a random target. True is the P@1 by
CSLS of the pairs that were not given. Reachable is that of a map of all right pairs: five folds below 1,000 words, else that of two thirds of them.
"""

import argparse
import itertools
import json
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np

CORPORA = Path(__file__).resolve().parent.parent / "corpora"

# Model: text, dimensions.
MODELS = {
    "sen": ("sample-en.txt", 100), "ses": ("sample-es.txt", 100),
    "nga": ("news.0.txt", 100), "ngb": ("news.1.txt", 100),
    "ena": ("english.0.txt", 200), "enb": ("english.1.txt", 200),
    "en": ("english.txt", 300), "es": ("spanish.txt", 300),
    "wiki": ("wikipedia.head.txt", 200), "es6": ("spanish.head.txt", 200),
}  # fmt: skip

# Spaces: source model, target model, and the list of right pairs; without one, a word and itself.
SPACES = {
    "self": ("ena", "ena", None), "halves": ("ena", "enb", None), "news": ("nga", "ngb", None),
    "sample": ("sen", "ses", "sample"), "novels": ("en", "es", "wiktionary"), "short": ("ena", "es6", "wiktionary"),
    "kinds": ("wiki", "ena", None), "kinds-es": ("wiki", "es6", "wiktionary"), "newsnov": ("nga", "ena", None),
}  # fmt: skip

# Most words that a vector file is made of.
MOST_WORDS = 6_000

FREE = [("ident", 0, 0), ("unsup", 0, 0)]
FLAGS = {"ident": "--identical", "unsup": "--unsupervised", "similar": "--similar-spelling"}


def random(*key):
    """Random numbers that depend on the key alone."""
    return np.random.default_rng(zlib.crc32("|".join(map(str, key)).encode()))


def pairs_of(path):
    lines = (line.rstrip("\n") for line in open(path, encoding="utf-8"))
    cells = (line.split("\t") if "\t" in line else line.split() for line in lines)
    return [(cell[0], cell[1]) for cell in cells if len(cell) >= 2]


class Bench:
    def __init__(self, program, data, work):
        self.program, self.data, self.work = program, Path(data), Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.read = {}
        self.pairs = {
            "sample": pairs_of(CORPORA / "english-spanish.dictionary.txt"),
            "wiktionary": pairs_of(self.data / "train.txt") + pairs_of(self.data / "test.txt"),
        }

    def run(self, *line):
        return subprocess.run([self.program, *map(str, line)], capture_output=True, text=True, check=False)

    def text(self, name):
        """A text: whole, its first megabytes, or every other of its lines."""
        path = self.work / name
        kind, *part, _ = name.split(".")
        source = {"sample-en": CORPORA / "english.txt", "sample-es": CORPORA / "spanish.txt"}.get(kind, self.data / f"{kind}.txt")
        if not part:
            return source
        if not path.exists():
            with open(source, "rb") as lines, open(path, "wb") as out:
                if part == ["head"]:
                    out.write(lines.read({"wikipedia": 60_000_000, "spanish": 6_000_000}[kind]))
                else:
                    # awk counts from 1: the first half has the first line.
                    half = b"".join(itertools.islice(lines, int(part[0]), None, 2))
                    out.write(half[:30_000_000])
        return path

    def model(self, name):
        path = self.work / f"{name}.model"
        if not path.exists():
            text, dim = MODELS[name]
            made = self.run("embed", "-q", "-d", dim, self.text(text), "-o", path)
            assert made.returncode == 0, made.stderr
        return path

    def vectors(self, name, n_words):
        """Words and rows of the most frequent words of a model."""
        if name not in self.read:
            path = self.work / f"{name}.npy"
            self.run("export", self.model(name), path, "--max-words", MOST_WORDS, "--force")
            words = (self.work / f"{name}.words.txt").read_text(encoding="utf-8").split("\n")
            self.read[name] = (words, np.load(path))
        words, rows = self.read[name]
        return words[:n_words], rows[:n_words]

    def spaces(self, name, n_words, form):
        """Paths of both spaces, and the right pairs. `form` is

        - model: the models themselves;
        - dict: files of the most frequent words that have a translation, and of their translations;
        - named: files in which the target's words have other names, as in another script;
        - noise:S: the source turned, with noise of S times its length, under other names;
        - random, random:same: random vectors in place of the target's, under other or the same names;
        - mixed:same: the target's vectors in random order under its names.
        """
        source, target, truth = SPACES[name]
        (source_words, x), (target_words, y) = self.vectors(source, n_words), self.vectors(target, n_words)
        if truth is None:
            known = set(target_words)
            pairs = [(word, word) for word in source_words if word in known]
        else:
            left, right = set(source_words), set(target_words)
            pairs = [(s, t) for s, t in self.pairs[truth] if s in left and t in right]
        if form == "model":
            return self.model(source), self.model(target), pairs
        kind, *level = form.split(":")
        key = f"{name}-{n_words}-{form}"
        rename = (lambda word: word) if level == ["same"] or kind == "dict" else (lambda word: "~" + word)
        if kind == "dict":
            (source_words, x), (target_words, y) = self.vectors(source, MOST_WORDS), self.vectors(target, MOST_WORDS)
            left, right = ({word: row for row, word in enumerate(words)} for words in (source_words, target_words))
            best = {}
            for s, t in self.pairs[truth]:
                if s in left and t in right and (s not in best or right[t] < right[best[s]]):
                    best[s] = t
            chosen = sorted(best, key=left.get)[:n_words]
            a, b = sorted(left[word] for word in chosen), sorted({right[best[word]] for word in chosen})
            source_words, x, target_words, y = [source_words[row] for row in a], x[a], [target_words[row] for row in b], y[b]
            left, right = set(source_words), set(target_words)
            pairs = [(s, t) for s, t in self.pairs[truth] if s in left and t in right]
        elif kind == "noise":
            draw, dim = random(key), x.shape[1]
            turn = np.linalg.qr(draw.normal(size=(dim, dim)))[0]
            unit = x / np.linalg.norm(x, axis=1, keepdims=True)
            y = unit @ turn + float(level[0]) * draw.normal(size=unit.shape) / dim**0.5
            target_words, pairs = source_words, [(word, word) for word in source_words]
        elif kind == "random":
            y = random(key).normal(size=y.shape)
        elif kind == "mixed":
            y = y[random(key).permutation(len(y))]
        paths = self.work / f"{key}.s.vec", self.work / f"{key}.t.vec"
        if not paths[1].exists():
            write_vectors(paths[0], source_words, x)
            write_vectors(paths[1], [rename(word) for word in target_words], y)
        return *paths, [(s, rename(t)) for s, t in pairs]

    def align(self, spaces, n_words, dim, *flags):
        """The report of a map, or None if the program refused."""
        line = ["align", *spaces[:2], "-o", self.work / "case.map", "--force", "--max-words", n_words, "--format", "json", "-q"]
        made = self.run(*line, *(["--dim", dim] if dim else []), *flags)
        return json.loads(made.stdout) if made.returncode == 0 else None

    def score(self, pairs, n_words):
        """P@1 by CSLS of some pairs under the map, and how many sources were asked."""
        write_pairs(self.work / "case.test", pairs)
        line = ["evaluate", self.work / "case.map", "--translation", self.work / "case.test"]
        scores = json.loads(self.run(*line, "--max-words", n_words, "--format", "json").stdout)["translation"]
        csls = next(score for score in scores if score["retrieval"] == "csls")
        return csls["p1"], csls["answered"]

    def reachable(self, name, n_words, form, dim):
        """P@1 of a map of all right pairs, in five folds of the sources."""
        spaces = self.spaces(name, n_words, form)
        sources = sorted({source for source, _ in spaces[2]})
        random("fold", f"{name}-{n_words}-{form}-{dim}".replace("/", "_")).shuffle(sources)
        fold = {word: place % 5 for place, word in enumerate(sources)}
        found = asked = 0
        for held in range(5):
            write_pairs(self.work / "case.pairs", [pair for pair in spaces[2] if fold[pair[0]] != held])
            given = ["--dictionary", self.work / "case.pairs"]
            if self.align(spaces, n_words, dim, *given) or self.align(spaces, n_words, dim, *given, "--refine"):
                share, answered = self.score([pair for pair in spaces[2] if fold[pair[0]] == held], n_words)
                found, asked = found + share * answered, asked + answered
        return found / asked if asked else 0.0

    def case(self, case):
        """The report of a case with its true P@1, or None if the program refused."""
        name, n_words, form, dim, method, n_pairs, wrong = case
        spaces = self.spaces(name, n_words, form)
        pairs, draw = spaces[2], random("given", "-".join(map(str, case)).replace("/", "_"))
        sources = sorted({source for source, _ in pairs})
        draw.shuffle(sources)
        held = set(sources[: max(len(sources) // 3, 1)])
        if method in FLAGS:
            asked, flags = pairs, [FLAGS[method]]
        else:
            asked = [pair for pair in pairs if pair[0] in held]
            free = [pair for pair in pairs if pair[0] not in held]
            given = [free[place] for place in draw.permutation(len(free))[:n_pairs]]
            n_wrong = round(wrong * len(given))
            if n_wrong:
                targets = sorted({target for _, target in pairs})
                wrong_ones = [(source, targets[draw.integers(len(targets))]) for source, _ in given[:n_wrong]]
                given = wrong_ones + given[n_wrong:]
            write_pairs(self.work / "case.pairs", sorted(set(given)))
            flags = ["--dictionary", self.work / "case.pairs"] + (["--refine"] if method == "refine" else [])
        report = self.align(spaces, n_words, dim, *flags)
        return report and {**report, "true": self.score(asked, n_words)[0]}


def write_vectors(path, words, rows):
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"{len(words)} {rows.shape[1]}\n")
        out.writelines(f"{word} {' '.join('%.6g' % value for value in row)}\n" for word, row in zip(words, rows))


def write_pairs(path, pairs):
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")


def cases():
    """All cases, each once."""
    one = {20: [10], 50: [20], 100: [30], 200: [50], 400: [100]}
    two = {20: [5, 10], 50: [10, 25], 100: [25, 50]}
    all_right, half_wrong, all_wrong = ("sup", 5000, 0), ("sup", 5000, 0.5), ("sup", 5000, 1)
    of_20, of_50 = ("refine", 20, 0), ("refine", 50, 0)
    groups = [
        ("self", [20, 50, 100, 200], "model", one, FREE), ("self", [20], "model", {}, FREE),
        ("halves", [20, 50, 100, 200, 400], "model", one, FREE),
        ("halves", [20, 50, 100, 200, 400], "named", one, [all_right, half_wrong, all_wrong, ("refine", 5, 0), of_20, ("unsup", 0, 0)]),
        ("halves", [20, 50, 100], "named", two, [all_right, ("refine", 10, 1), ("refine", 10, 0)]),
        ("news", [50, 200, 400], "model", one, [*FREE, of_20]),
        ("news", [200], "named", one, [all_right, ("refine", 20, 1), ("unsup", 0, 0), half_wrong]),
        ("sample", [50, 100, 200, 400], "dict", one, [all_right, half_wrong, of_20, ("refine", 20, 0.5), ("refine", 20, 1), ("unsup", 0, 0), ("ident", 0, 0)]),
        ("novels", [50, 100, 200, 400], "dict", one, [all_right, half_wrong, of_20, ("unsup", 0, 0), ("ident", 0, 0)]),
        ("novels", [200, 400], "model", one, [all_right, of_20, ("unsup", 0, 0), ("ident", 0, 0)]),
        ("short", [400], "model", one, [all_right, of_50, ("unsup", 0, 0), ("ident", 0, 0), ("similar", 0, 0)]),
        ("kinds", [200], "model", one, [all_right, of_50, *FREE]), ("kinds-es", [400], "model", one, [all_right, of_50, *FREE]),
        ("newsnov", [200], "model", one, [all_right, of_50, *FREE]),
        *(("halves", [20, 100, 400], form, one, [("unsup", 0, 0), ("refine", 10, 0), all_right]) for form in ("noise:0", "noise:1")),
        ("halves", [20, 50, 100, 200, 400], "random", one, [("unsup", 0, 0), ("refine", 10, 0), all_right]),
        ("halves", [20, 100, 400], "random:same", one, FREE), ("halves", [20, 50, 100, 400], "mixed:same", one, [("ident", 0, 0)]),
        ("self", [1000], "model", {}, FREE), ("news", [1000], "model", {}, [("unsup", 0, 0)]),
        ("halves", [1000], "named", {}, [("sup", 5000, 0.1), half_wrong, all_wrong, of_20, ("refine", 50, 0.5), ("refine", 50, 1), ("unsup", 0, 0)]),
        ("halves", [1000], "random:same", {}, [("ident", 0, 0)]),
        ("sample", [1000], "model", {}, [all_right, half_wrong, of_20, ("unsup", 0, 0), ("ident", 0, 0)]),
        ("novels", [1000], "model", {}, [all_right, half_wrong, of_20, of_50, *FREE]),
        ("novels", [5000], "model", {}, [all_right, half_wrong, all_wrong, of_50, ("refine", 50, 0.5), *FREE]),
        ("short", [5000], "model", {}, [all_right, of_50, ("ident", 0, 0)]),
        ("kinds", [5000], "model", {}, [all_right, ("ident", 0, 0)]), ("kinds-es", [5000], "model", {}, [all_right, of_50]),
        ("newsnov", [1000], "model", {1000: [100]}, [all_right, ("ident", 0, 0)]),
    ]  # fmt: skip
    return each(groups)


def fresh_cases():
    """Cases of other sizes, other numbers of pairs and other shares of wrong ones, for bounds that were chosen on the others."""
    dims = {30: [15], 70: [25], 150: [40], 300: [80]}
    some = [("sup", 5000, 0), ("sup", 5000, 0.3), ("sup", 5000, 0.7), ("refine", 12, 0), ("refine", 30, 0.3), ("refine", 30, 1)]
    groups = [
        ("self", [30, 150], "model", dims, FREE), ("halves", [30, 150], "named", dims, [*some, ("unsup", 0, 0)]),
        ("news", [70, 300], "named", dims, [*some, ("unsup", 0, 0)]), ("news", [70], "model", dims, FREE),
        ("sample", [70, 300], "dict", dims, [*some, *FREE]), ("novels", [150, 300], "dict", dims, [*some, *FREE]),
        ("kinds", [300], "model", dims, [*some, *FREE]), ("newsnov", [150], "model", dims, [*some, *FREE]),
        ("news", [150], "noise:0.5", dims, [*some, ("unsup", 0, 0)]),
        ("halves", [30, 150], "random", dims, [("unsup", 0, 0), ("refine", 12, 0), ("sup", 5000, 0)]),
        ("news", [70, 300], "random:same", dims, FREE), ("news", [70], "mixed:same", dims, FREE),
    ]  # fmt: skip
    return each(groups)


def each(groups):
    found = {}
    for name, numbers, form, dims, methods in groups:
        for n_words in numbers:
            for dim, method in itertools.product(dims.get(n_words, [0]), methods):
                found[(name, n_words, form, dim, *method)] = None
    return list(found)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("program")
    options.add_argument("data")
    options.add_argument("work")
    options.add_argument("--most-words", type=int, default=MOST_WORDS)
    options = options.parse_args()
    bench = Bench(options.program, options.data, options.work)
    kept = bench.work / "results.jsonl"
    done = {}
    for line in open(kept, encoding="utf-8") if kept.exists() else []:
        key, value = json.loads(line)
        done[key] = value
    reachable = {}
    print("case", "pairs", "true", "reachable", "verdict", "sentence", sep="\t")
    for case in cases() + fresh_cases():
        if case[1] > options.most_words:
            continue
        key = "-".join(map(str, case))
        if key not in done:
            done[key] = bench.case(case)
            with open(kept, "a", encoding="utf-8") as out:
                out.write(json.dumps([key, done[key]]) + "\n")
        space, report = case[:4], done[key]
        if report is None:
            print(key, "", "", "", "refused", "", sep="\t")
            continue
        if space not in reachable:
            with_all = (*space, "sup", 5000, 0)
            reachable[space] = bench.reachable(*space) if space[1] < 1000 else (bench.case(with_all) or {"true": 0})["true"]
        print(key, report["pairs"], f"{report['true']:.3f}", f"{reachable[space]:.3f}", report["verdict"], report["sentence"], sep="\t", flush=True)


if __name__ == "__main__":
    sys.exit(main())
