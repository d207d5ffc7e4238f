"""Search scores of a recipe on two halves of the classes: those at even positions of their sorted names, on which it was picked, and the others.

    eigenlex evaluate MODEL --search TEXTS --labels LABELS --questions benches/search/questions.tsv --format json | python3 benches/search/halves.py

Prints a line for each task and way of searching: the share of first answers that are right and the share of right ones among ten (for known items, of
queries that find theirs among ten), in per cent, for either half.
"""

import json
import sys


def share(scores, measure):
    queries = sum(score["queries"] for score in scores)
    return 100 * sum(score[measure] * score["queries"] for score in scores) / queries


print("task\tmethod\tfirst, picked on\tten, picked on\tfirst, other half\tten, other half")
for score in json.load(sys.stdin)["search"]:
    classes = [score["classes"][name] for name in sorted(score["classes"])]
    cells = [f"{share(half, measure):.1f}" for half in (classes[0::2], classes[1::2]) for measure in ("first", "ten")]
    print(score["task"], score["method"], *cells, sep="\t")
