#!/usr/bin/env python3
"""Writes a corpus with a great many words, for times and memory: `many_words.py N_WORDS OUTPUT [SEED]`.

A word is two to four syllables and one of thirty endings, so that words share n-grams of letters as those of a language do. The word of rank r
occurs max(5, N_WORDS / r) times; the order of the tokens is random; a line is a document of 1,000 tokens. The texts mean nothing.
"""

import random
import sys

ONSETS = "b c ch d f g gr h j k l m n p pl qu r s st t tr v w z".split()
NUCLEI = "a a a e e e i i o o u ai ea ou y".split()
CODAS = ["", "", "", "l", "m", "n", "n", "r", "r", "s", "t", "nd", "st"]
ENDINGS = ["", "s", "ed", "ing", "er", "ers", "est", "ly", "ness", "ment", "tion", "al", "ic", "ist", "ism", "ity", "ive", "ous", "ful", "less"]
ENDINGS += ["able", "ize", "ized", "izing", "ish", "y", "en", "ward", "dom", "hood"]
TOKENS_PER_LINE = 1_000


def words_of(n_words, draw):
    """Distinct words in the order of their making."""
    words = {}
    while len(words) < n_words:
        syllables = (draw.choice(ONSETS) + draw.choice(NUCLEI) + draw.choice(CODAS) for _ in range(draw.choice([2, 2, 3, 3, 4])))
        stem = "".join(syllables)
        for ending in draw.sample(ENDINGS, draw.randint(1, 6)):
            if len(words) < n_words:
                words[stem + ending] = None
    return list(words)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    n_words, output, seed = int(sys.argv[1]), sys.argv[2], int((sys.argv + ["42"])[3])
    draw = random.Random(seed)
    words = words_of(n_words, draw)
    draw.shuffle(words)
    tokens = [number for number in range(n_words) for _ in range(max(5, n_words // (number + 1)))]
    draw.shuffle(tokens)
    with open(output, "w", encoding="utf-8") as file:
        for first in range(0, len(tokens), TOKENS_PER_LINE):
            print(*(words[number] for number in tokens[first : first + TOKENS_PER_LINE]), file=file)


if __name__ == "__main__":
    main()
