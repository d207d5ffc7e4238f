#!/usr/bin/env python3
"""Words of `eigenlex tokens` against the words of treebanks: `segmentation.py TREEBANK.conllu[.xz] ...`.

    pip install pythainlp==5.4.0 jieba==0.42.1
    python3 benches/segmentation.py th_pud-ud-test.conllu zh_pud-ud-test.conllu

Each sentence of the treebanks (Universal Dependencies, `# text = `) is a line for `eigenlex tokens`. A word is right if it begins and ends where
a word of the treebank does. F1 is the harmonic mean of the share of our words that are right (precision) and of the treebank's words that were
found (recall), over all sentences. Punctuation is left out on both sides; of a multi-word token (`3-4`), the surface form counts. Case, white space
and invisible characters do not matter. On sentences in Thai, PyThaiNLP's default (newmm) is measured too, on Chinese ones jieba's default; both are
skipped where they are not installed.
"""

import argparse
import lzma
import shlex
import subprocess
import sys
import unicodedata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def sentences(path):
    """The sentences of a treebank as pairs of text and surface forms."""
    opened = lzma.open(path, "rt", encoding="utf-8") if path.endswith(".xz") else open(path, encoding="utf-8")
    text, forms, inside = None, [], 0
    with opened as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("# text = "):
                text = line.removeprefix("# text = ")
            elif not line and forms:
                yield text, forms
                text, forms, inside = None, [], 0
            elif line and not line.startswith("#"):
                number, form = line.split("\t")[:2]
                if "-" in number:
                    inside = int(number.split("-")[1])
                    forms.append(form)
                elif "." not in number and int(number) > inside:
                    forms.append(form)
    if forms:
        yield text, forms


def folded(text):
    """A text without what does not matter."""
    kept = (c for c in unicodedata.normalize("NFC", text.lower()) if not c.isspace() and unicodedata.category(c) != "Cf")
    return "".join(kept)


def is_word(text):
    return any(unicodedata.category(c)[0] in "LN" for c in text)


def spans(sentence, words):
    """Where the words stand in a sentence; words that were changed beyond recognition stand nowhere."""
    found, at = set(), 0
    for number, word in enumerate(words):
        start = sentence.find(word, at)
        if start < 0:
            found.add((-1, number))
            continue
        at = start + len(word)
        if is_word(word):
            found.add((start, at))
    return found


def score(treebank, cuts):
    """F1, precision and recall in percent."""
    n_right = n_ours = n_theirs = 0
    for (_, forms), words in zip(treebank, cuts, strict=True):
        forms = [folded(form) for form in forms]
        sentence = "".join(forms)
        theirs, ours = spans(sentence, forms), spans(sentence, [word for word in map(folded, words) if word])
        n_right += len(theirs & ours)
        n_ours += len(ours)
        n_theirs += len(theirs)
    return [100 * share for share in (2 * n_right / (n_ours + n_theirs), n_right / n_ours, n_right / n_theirs)]


def eigenlex(treebank, program, flags):
    texts = "".join(" ".join(text.split()) + "\n" for text, _ in treebank)
    command = [program, "tokens", "-", *flags]
    answer = subprocess.run(command, input=texts, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    return [line.split(" ") for line in answer.split("\n")[:-1]]


def peers(treebank):
    """Names of the peers of the treebank's script, with their words."""
    sample = "".join(text for text, _ in treebank)
    if any("\u0e00" <= c <= "\u0e7f" for c in sample):
        try:
            from pythainlp import word_tokenize
        except ImportError:
            print("pythainlp is not installed", file=sys.stderr)
        else:
            yield "PyThaiNLP", [word_tokenize(text) for text, _ in treebank]
    if any("\u4e00" <= c <= "\u9fff" for c in sample) and not any("\u3040" <= c <= "\u30ff" for c in sample):
        try:
            import jieba
        except ImportError:
            print("jieba is not installed", file=sys.stderr)
        else:
            jieba.setLogLevel("WARNING")
            yield "jieba", [jieba.lcut(text) for text, _ in treebank]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("treebanks", nargs="+", metavar="TREEBANK")
    parser.add_argument("--eigenlex", default=str(ROOT / "target/release/eigenlex"), metavar="PROGRAM")
    parser.add_argument("--flags", default="", help="more flags of `eigenlex tokens`, as one text")
    arguments = parser.parse_args()
    print("treebank\twords of\tsentences\tF1\tprecision\trecall")
    for path in arguments.treebanks:
        treebank = list(sentences(path))
        contenders = [("eigenlex", eigenlex(treebank, arguments.eigenlex, shlex.split(arguments.flags))), *peers(treebank)]
        for name, cuts in contenders:
            shares = "\t".join(f"{share:.1f}" for share in score(treebank, cuts))
            print(f"{Path(path).name}\t{name}\t{len(treebank)}\t{shares}", flush=True)


if __name__ == "__main__":
    main()
