"""What a run on Spark would cost: a model whose constants were measured with one worker.

    python benches/spark/model.py

In: nothing; the constants are below, each with what it was measured by. Out: the prediction for the
Wikipedia file beside what was measured with 1 and 2 workers, and for larger texts the time and the
memory on one machine in memory and out of core, on a large machine, and on clusters.

How text grows: entries, kept and distinct words as powers of the tokens, fitted to 1/8, 1/2 and all
of the Wikipedia file.
"""

from __future__ import annotations

from dataclasses import dataclass

# The Wikipedia file, default recipe, 300 dimensions (rank 301, blocks of 32 columns).
TOKENS = 22.78e6
BYTES = 138.7e6
ENTRIES = 66.06e6
WORDS = 89_941
DISTINCT = 272_855
RANK = 301
WIDTH = 32
#: Columns that are decomposed, and rows of the matrix.
FITTED, ROWS = 30_000, 40_000
#: Products of panels in a run: the iteration, and what comes after it.
PRODUCTS = 52
#: Words are limited to so many in large texts, as anybody would.
MOST_WORDS = 1e6

# Task seconds of one worker of one core (benches/spark/measure.py --workers 1).
TOKENIZE = 4.7 / BYTES
MERGE = 2.7 / DISTINCT
KEEP = 1.7 / TOKENS
STRETCHES = 0.6 / TOKENS
COUNT = 20.6 / TOKENS
#: The rows are read and shuffled, and once added up.
BLOCKS = 8.3 / ENTRIES
#: For each copy of a node; there were two.
WEIGH = 13.0 / 2 / ENTRIES
#: A column of a panel through both directions of the matrix.
COLUMN = 17.0 / (PRODUCTS * WIDTH * ENTRIES)

# What no number of workers makes shorter.
STAGE = 0.6
JOB = 0.10
#: Tables and words that the driver goes through.
DRIVER_WORD = 1.0 / DISTINCT
#: Bases, spelling, writing: seconds of the driver for each kept word, on two cores.
ENDING = 10.0 / WORDS

# Bytes.
SHUFFLED_ENTRY = 688.4e6 / ENTRIES + 889.4e6 / 2 / ENTRIES
SHARE = 32 << 20
#: Bytes a second that a machine of a cluster sends or takes (10 Gbit/s).
NETWORK = 1.0e9
#: Bytes a second of a local disk.
DISK = 2.0e9


@dataclass
class Texts:
    """Texts of so many tokens."""

    tokens: float

    @property
    def factor(self) -> float:
        return self.tokens / TOKENS

    @property
    def bytes(self) -> float:
        return BYTES * self.factor

    @property
    def distinct(self) -> float:
        return DISTINCT * self.factor**0.54

    @property
    def words(self) -> float:
        return min(WORDS * self.factor**0.55, MOST_WORDS)

    @property
    def entries(self) -> float:
        return min(ENTRIES * self.factor**0.72, ROWS * self.words)


def spark(texts: Texts, n_cores: int, cores_each: int = 1) -> dict[str, float]:
    """Seconds of each stage on a cluster of so many cores, and what it moves and holds."""
    n_leaves = max(texts.entries / 2**26, 1)
    # PySpark counts two tasks side by side at least.
    n_slots = max(n_cores, 2)
    n_copies = max(n_slots / n_leaves, 1)
    n_copies = min(n_copies, WIDTH / 16) if n_leaves < n_slots else 1
    n_nodes = min(max(n_leaves, 1), 2 * n_slots)
    work = {
        "tokenize": TOKENIZE * texts.bytes,
        "vocabulary": MERGE * DISTINCT * texts.factor**0.9,
        "keep": KEEP * texts.tokens,
        "stretches": STRETCHES * texts.tokens,
        "count": COUNT * texts.tokens,
        "blocks": BLOCKS * texts.entries,
        "weight": WEIGH * texts.entries * n_copies,
    }
    busy = min(n_cores, max(texts.bytes / SHARE, 1))
    seconds = {name: STAGE + of_stage / busy for name, of_stage in work.items()}
    seconds["vocabulary"] += DRIVER_WORD * texts.distinct
    n_machines = max(n_cores / cores_each, 1)
    shuffled = SHUFFLED_ENTRY * texts.entries + 444.7e6 / ENTRIES * texts.entries * (
        n_copies - 1
    )
    if n_machines > 1:
        seconds["count"] += 688.4e6 / ENTRIES * texts.entries / NETWORK / n_machines
    panel = 4 * FITTED * WIDTH
    # A broadcast goes on from machine to machine; results come to the driver, sixteen nodes in one.
    results = panel * max(n_nodes / (16 if n_nodes > 32 else 1), 1)
    per_product = (
        JOB
        + COLUMN * WIDTH * texts.entries / min(n_cores, n_nodes * n_copies)
        + (2 * panel + results) / NETWORK * (n_machines > 1)
    )
    ending = ENDING * texts.words
    seconds["svd"] = PRODUCTS * per_product + ending
    return {
        **seconds,
        "all": sum(seconds.values()),
        "product": per_product,
        "shuffled": shuffled,
        "broadcast": PRODUCTS * panel * n_machines,
        "driver bytes": 100 * texts.distinct + texts.words * (4 * RANK + 10 * 300),
    }


def machine(texts: Texts, n_cores: int, memory: float) -> tuple[float, bool]:
    """Seconds on one machine, by docs/benchmarks/cost.md, and whether its memory holds all."""
    matrix = 13 * texts.entries
    rows = texts.words * (4 * RANK + 10 * 300)
    fits = 4 * texts.tokens + 8 * texts.entries < memory and matrix + rows < memory
    seconds = 5.5 * texts.factor / n_cores + 5.4 * texts.factor / n_cores
    seconds += 5.0 * texts.entries / ENTRIES / n_cores
    product = 2 * WIDTH * 2 * texts.entries / (28e9 * min(n_cores, 32))
    if not fits:
        # Tokens once more for each quarter of the memory that the counts take; the matrix is read
        # for each product.
        passes = max(8 * texts.entries / (memory / 2), 1)
        seconds += passes * 4 * texts.tokens / DISK + 4 * 8 * texts.entries / DISK
        product = max(product, matrix / DISK)
    seconds += PRODUCTS * product + 11.0 * texts.words / WORDS * 2 / min(n_cores, 16)
    return seconds, fits


MEASURED = {
    1: {
        "tokenize": 5.6,
        "vocabulary": 3.9,
        "keep": 2.0,
        "stretches": 0.8,
        "count": 21.3,
        "blocks": 8.8,
        "weight": 13.2,
        "svd": 32.3,
        "all": 89.1,
        "product": 0.453,
    },
    2: {
        "tokenize": 3.4,
        "vocabulary": 3.3,
        "keep": 1.5,
        "stretches": 1.0,
        "count": 14.4,
        "blocks": 8.6,
        "weight": 8.0,
        "svd": 27.1,
        "all": 68.4,
        "product": 0.332,
    },
}


def hours(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def main() -> None:
    wikipedia = Texts(TOKENS)
    print(
        "| seconds | 1 worker: predicted | measured | 2 workers: predicted | measured |"
    )
    print("|---|---|---|---|---|")
    predicted = {n: spark(wikipedia, n) for n in (1, 2)}
    for stage in MEASURED[1]:
        cells = [f"{predicted[n][stage]:.2f} | {MEASURED[n][stage]}" for n in (1, 2)]
        print(f"| {stage} | {' | '.join(cells)} |")
    print()
    print(
        "| tokens | 8 cores, 32 GB | 64 cores, 512 GB | 10 workers of 8 cores | 100 workers "
        "| shuffled | panels broadcast, 100 workers | driver memory |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for tokens in (1e8, 1e9, 1e10, 1e11):
        texts = Texts(tokens)
        cells = []
        for n_cores, memory in [(8, 32e9), (64, 512e9)]:
            seconds, fits = machine(texts, n_cores, memory)
            cells.append(hours(seconds) + ("" if fits else " (from the disk)"))
        for n_workers in (10, 100):
            cells.append(hours(spark(texts, 8 * n_workers, 8)["all"]))
        large = spark(texts, 800, 8)
        cells.append(f"{large['shuffled'] / 1e9:.0f} GB")
        cells.append(f"{large['broadcast'] / 1e9:.0f} GB")
        cells.append(f"{large['driver bytes'] / 1e9:.1f} GB")
        print(f"| {tokens:.0e} | {' | '.join(cells)} |")
    print()
    print(
        "| stage, 1e11 tokens (1e9 documents of 100) | 1 worker of 8 cores | 10 | 100 |"
    )
    print("|---|---|---|---|")
    texts = Texts(1e11)
    of = [spark(texts, 8 * n, 8) for n in (1, 10, 100)]
    for stage in [*list(MEASURED[1])]:
        cells = [
            hours(it[stage]) if it[stage] > 1 else f"{it[stage]:.2f} s" for it in of
        ]
        print(f"| {stage} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
