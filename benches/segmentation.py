#!/usr/bin/env python3
"""How well are words found? `eigenlex tokens` against treebanks in the CoNLL-U format.

    python3 benches/segmentation.py target/release/eigenlex french.conllu.xz [OPTIONS of tokens]

F1 over the spans of words in the characters of each sentence; punctuation is left out. Of a token
of several words (a line `3-4`) the token on the surface counts. Tokens are looked up in the
sentence from left to right, after what the tokenizer does to characters is done to both.
"""

import bz2
import gzip
import lzma
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

APOSTROPHES = dict.fromkeys("’‘ʼʻ＇`´", "'") | {"״": '"', "׳": "'", "”": '"'}
OPENERS = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}


def sentences(path):
    """The text of each sentence, and its words on the surface, each with whether it is punctuation."""
    opener = OPENERS.get(path.suffix, open)
    text, words, last = None, [], 0
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            line = unicodedata.normalize("NFC", line.rstrip("\n"))
            if not line:
                if text is not None:
                    yield text, words
                text, words, last = None, [], 0
            elif line.startswith("# text = "):
                text = line.removeprefix("# text = ")
            elif not line.startswith("#"):
                number, form, _, part_of_speech = line.split("\t")[:4]
                if "." in number:
                    continue
                if "-" in number:
                    last = int(number.split("-")[1])
                    words.append((form, False))
                elif int(number) > last:
                    words.append((form, part_of_speech == "PUNCT"))
    if text is not None:
        yield text, words


def plain(character, language):
    """A character as the tokenizer would write it; the same number of characters."""
    if language == "tr" and character == "I":
        return "ı"
    character = APOSTROPHES.get(character, character)
    lower = "i" if character == "İ" else character.lower()
    return lower if len(lower) == 1 else character


def spans(text, tokens):
    """Where tokens stand in a text, which they follow."""
    found, start = [], 0
    for token in tokens:
        position = text.find(token, start)
        if position < 0:
            continue
        start = position + len(token)
        found.append((position, start))
    return found


def visible(text):
    return "".join(c for c in text if unicodedata.category(c) != "Cf" or c == "\u200c")


def main():
    program, treebank, options = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    language = options[options.index("--lowercase") + 1] if "--lowercase" in options else None
    gold = [(visible(text), [(visible(f), p) for f, p in words]) for text, words in sentences(treebank)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sentences.txt"
        path.write_text("".join(text + "\n" for text, _ in gold), encoding="utf-8")
        command = [program, "tokens", str(path), "--document", "line", *options]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = output.rstrip("\n").split("\n")
    assert len(lines) == len(gold), (len(lines), len(gold))
    right = found = wanted = lost = 0
    wrong = {}
    for (text, words), line in zip(gold, lines):
        low = "".join(plain(c, language) for c in text)
        tokens = line.split(" ") if line else []
        ours = spans(low, tokens)
        lost += len(tokens) - len(ours)
        theirs, start = [], 0
        for form, is_punctuation in words:
            position = text.find(form, start)
            assert position >= 0, (form, text)
            start = position + len(form)
            if not is_punctuation:
                theirs.append((position, start))
        both = set(ours) & set(theirs)
        right, found, wanted = right + len(both), found + len(ours), wanted + len(theirs)
        for span in set(theirs) - both:
            word = low[slice(*span)]
            wrong[word] = wrong.get(word, 0) + 1
    precision, recall = right / (found + lost), right / wanted
    f1 = 2 * precision * recall / (precision + recall)
    print(f"{treebank.name}: F1 {100 * f1:.2f}, precision {100 * precision:.2f}, recall "
          f"{100 * recall:.2f}; {right} right, {found} found, {wanted} wanted, {lost} not located")
    most = sorted(wrong.items(), key=lambda pair: (-pair[1], pair[0]))[:20]
    print("most missed: " + ", ".join(f"{word} {count}" for word, count in most))


if __name__ == "__main__":
    main()
