"""Write `spanish-morphology.txt`, analogy questions on Spanish morphology.

    python3 corpora/evaluation/spanish_morphology.py

Reads `spanish-morphology.tsv` beside this file: a word a line with four columns, separated by tabs.

- word: an infinitive, a noun in the singular, an adjective in the masculine singular, an adverb.
- class: `ar`, `er` or `ir` for verbs; `noun`; `adjective-o` (feminine in -a instead of -o),
  `adjective-a` (feminine with an -a added), `adjective` (one form for both genders); `adverb`.
- irregular: forms that the rules below would get wrong, as `section=form`, separated by spaces.
- sections: the sections that ask for the word, separated by spaces. A form is not asked
  where it is also a frequent other word (`vino`: came, wine; `como`: I eat, as).

Writes `: section` lines and lines of `a b c d`, where b is to a as d is to c. No choice is
random, so every run writes the same bytes.
"""

import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLASSES = ("ar", "er", "ir", "noun", "adjective-o", "adjective-a", "adjective", "adverb")
# A pair is asked with the pairs this many places further on, in a circle. Sections have more pairs
# than twice the largest step, so that no two pairs meet twice.
STEPS = (1, 3, 5, 8, 11)
PLAIN = str.maketrans("áéíóú", "aeiou")


def soften(stem):
    """Spell a stem before e or i so that its last consonant keeps its sound: toc- becomes toqu-."""
    for hard, soft in (("c", "qu"), ("g", "gu"), ("z", "c")):
        if stem.endswith(hard):
            return stem[:-1] + soft
    return stem


class Word:
    """A line of the list."""

    def __init__(self, word, kind, irregular):
        self.word = word
        self.kind = kind
        self.irregular = irregular
        self.stem = word[:-2]  # of a verb

    def form(self, section):
        """The form that a section asks for: the irregular one, or the one of the rule."""
        return self.irregular.get(section) or RULES[section](self)

    def ending(self, ar, er, ir=None):
        """The stem of a verb and the ending of its class. Verbs in -ir default to that of -er."""
        return self.stem + {"ar": ar, "er": er, "ir": ir or er}[self.kind]


def plural(w):
    """casa, casas; flor, flores; luz, luces; canción, canciones; rubí, rubíes."""
    if w.word.endswith("z"):
        return w.word[:-1] + "ces"
    if w.word[-1] in "aeoáéó":
        return w.word + "s"
    # With one more syllable, stress on the last one before -n or -s needs no accent any more.
    if w.word[-1] in "ns":
        return w.word[:-2] + w.word[-2:].translate(PLAIN) + "es"
    return w.word + "es"


def feminine(w):
    """bueno, buena; francés, francesa; traidor, traidora."""
    if w.kind == "adjective-o":
        return w.word[:-1] + "a"
    if w.kind == "adjective-a":
        return w.word[:-2] + w.word[-2:].translate(PLAIN) + "a"
    return w.word


def adverb(w):
    """lento, lentamente; the adjective keeps its accent: rápidamente."""
    return feminine(w) + "mente"


def superlative(w):
    """alto, altísimo; rico, riquísimo; feliz, felicísimo; dulce, dulcísimo."""
    plain = w.word.translate(PLAIN)
    if plain.endswith("e"):
        return plain[:-1] + "ísimo"
    return soften(plain.removesuffix("o")) + "ísimo"


def diminutive(w):
    """casa, casita; amigo, amiguito; golpe, golpecito; salón, saloncito; papel, papelito."""
    plain = w.word.translate(PLAIN)
    if plain[-1] in "ao":
        return soften(plain[:-1]) + "it" + plain[-1]
    return plain + ("cito" if plain[-1] in "enr" else "ito")


def present_subjunctive(w):
    """It has the stem of the first person: tengo, tenga; encuentro, encuentre; llego, llegue."""
    stem = w.form("present-first")[:-1]
    return soften(stem) + "e" if w.kind == "ar" else stem + "a"


def imperfect_subjunctive(w):
    """It has the stem of the preterite: habló, hablara; durmió, durmiera; dijo, dijera."""
    preterite = w.form("preterite")
    if w.kind == "ar" and preterite.endswith("ó"):
        return preterite[:-1] + "ara"
    # After i, y and j the ending has lost its i.
    return preterite[:-1] + ("era" if preterite[-2] in "iyj" else "iera")


# The sections in their order. Each asks for a form of a word.
RULES = {
    "plural-noun": plural,
    "plural-adjective": plural,
    "feminine-adjective": feminine,
    "adverb": adverb,
    "superlative": superlative,
    "diminutive": diminutive,
    "agent": lambda w: w.ending("ador", "edor", "idor"),
    "noun-cion": lambda w: w.ending("ación", "ición"),
    "noun-miento": lambda w: w.ending("amiento", "imiento"),
    "gerund": lambda w: w.ending("ando", "iendo"),
    "participle": lambda w: w.ending("ado", "ido"),
    "present-first": lambda w: w.ending("o", "o"),
    "present-third": lambda w: w.ending("a", "e"),
    "plural-verb": lambda w: w.form("present-third") + "n",
    "imperfect": lambda w: w.ending("aba", "ía"),
    "preterite": lambda w: w.ending("ó", "ió"),
    "future": lambda w: w.word + "á",
    "conditional": lambda w: w.form("future")[:-1] + "ía",
    "present-subjunctive": present_subjunctive,
    "imperfect-subjunctive": imperfect_subjunctive,
}
# The first word of a pair is the word itself, but for these sections: another form of it.
BASES = {"plural-verb": "present-third"}


def read(path):
    """The pairs of words of each section, in the order of the file."""
    pairs = {section: [] for section in RULES}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 4 or cells[1] not in CLASSES:
            sys.exit(f"{path}:{number}: expected word, class, irregular forms and sections")
        irregular = dict(form.split("=") for form in cells[2].split())
        sections = cells[3].split()
        unknown = [name for name in [*irregular, *sections] if name not in RULES]
        if unknown:
            sys.exit(f"{path}:{number}: no section is called {', '.join(unknown)}")
        word = Word(cells[0], cells[1], irregular)
        for section in sections:
            base = word.form(BASES[section]) if section in BASES else word.word
            pairs[section].append((base, word.form(section)))
    return pairs


def questions(pairs):
    """Each pair with the pairs some fixed steps further on."""
    for place, pair in enumerate(pairs):
        for step in STEPS:
            yield pair + pairs[(place + step) % len(pairs)]


def main():
    lines = []
    for number, (section, pairs) in enumerate(read(HERE / "spanish-morphology.tsv").items(), 1):
        words = Counter(word for pair in pairs for word in pair)
        repeated = [word for word, count in words.items() if count > 1]
        if repeated:
            sys.exit(f"{section}: more than once: {', '.join(repeated)}")
        if len(pairs) <= 2 * max(STEPS):
            sys.exit(f"{section}: {len(pairs)} pairs are too few for steps of {max(STEPS)}")
        # Evaluators count sections called gram... as syntactic.
        lines.append(f": gram{number}-{section}")
        lines += [" ".join(question) for question in questions(pairs)]
    text = "\n".join(lines) + "\n"
    (HERE / "spanish-morphology.txt").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
