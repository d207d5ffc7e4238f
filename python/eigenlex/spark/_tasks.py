"""What workers do: pure functions of bytes, run by Spark wherever it likes.

Every function is at the top of this module, so that Spark sends its name and not its code: the
workers have the same package. What a process makes once, it keeps here.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import _eigenlex
from ..errors import DataError, ParameterError, ResourceError

if TYPE_CHECKING:
    from pyspark import Broadcast

#: Tasks of a count that are done in one go.
COUNTED_TOGETHER = 32

_WORKERS: dict[str, _eigenlex.Worker] = {}
_NODES: dict[tuple[int, int, tuple[str, ...]], _eigenlex.Node] = {}


class Setting:
    """What every task of a run is given."""

    def __init__(self, plan: Broadcast[str], run: str, cpus: int, probe: str) -> None:
        self.plan = plan
        self.run = run
        #: Processors of a task.
        self.cpus = cpus
        #: What the driver's processor makes of a small problem.
        self.probe = probe

    def worker(self) -> _eigenlex.Worker:
        """The worker of this process."""
        worker = _WORKERS.get(self.run)
        if worker is None:
            _eigenlex.set_threads(self.cpus)
            found = probe()
            if found != self.probe:
                raise ParameterError(
                    f"the worker on {socket.gethostname()} computes other numbers than the driver "
                    f"({found} instead of {self.probe})\n"
                    "hint: all machines must have the same version of eigenlex and byte order"
                )
            _WORKERS.clear()
            _NODES.clear()
            worker = _WORKERS[self.run] = _eigenlex.Worker(self.plan.value)
        return worker


def probe() -> str:
    """What this machine makes of a small problem: a digest of it, and the version."""
    import numpy as np

    from ..progress import Listener

    rows, columns = np.mgrid[0:60, 0:40]
    values = ((rows * 7919 + columns * 104729) % 101).astype(np.float32).ravel() / np.float32(7)
    arrays = np.arange(0, 2401, 40), columns.astype(np.int64).ravel(), values
    found = _eigenlex.decompose((60, 40), arrays, {"rank": 8, "tolerance": 1e-4}, Listener())
    digest = found["digest"]
    return f"{_eigenlex.__version__}-{sys.byteorder}-{digest[:16]}"


def _visible(error: Exception) -> Exception:
    """The same error, with the name of the machine where a file was not found."""
    hint = (
        f"hint: every worker must see the texts by the same path; this one is on "
        f"{socket.gethostname()}"
    )
    return type(error)(f"{str(error).partition(chr(10))[0]}\n{hint}")


def read_files(setting: Setting, shares: Iterator[tuple[int, str]]) -> Iterator[Any]:
    """The tokens of shares: ``(share, (report, tokens, table))``."""
    worker = setting.worker()
    for number, share in shares:
        try:
            tokens, report = worker.read_files(share)
        except FileNotFoundError as error:
            raise _visible(error) from None
        yield number, (report, tokens, worker.table(tokens, None))


def read_batches(
    setting: Setting, share_bytes: int, is_file: bool, batches: Iterator[Any]
) -> Iterator[Any]:
    """The tokens of Arrow batches of texts, as Arrow batches."""
    import pyarrow as pa
    from pyspark import TaskContext

    context = TaskContext.get()
    partition = 0 if context is None else context.partitionId()
    numbers: dict[Any, int] = {}

    def made(place: Any, chunks: list[Any]) -> Any:
        texts = _eigenlex.Texts.from_arrow(pa.chunked_array(chunks, pa.string()), "texts")
        tokens, report = setting.worker().read_texts(texts)
        table = setting.worker().table(tokens, None)
        number = numbers[place] = numbers.get(place, -1) + 1
        row: dict[str, list[Any]] = {
            "place": [f"{place[0]}\0{place[1]:020d}\0{number:012d}"],
            "report": [report],
        }
        row |= {"tokens": [tokens], "words": [table]}
        return pa.RecordBatch.from_pydict(row, schema=batch_schema())

    place: Any = None
    chunks: list[Any] = []
    n_bytes = 0
    for batch in batches:
        for new_place, texts in _runs(batch, is_file, partition):
            if chunks and (new_place != place or n_bytes >= share_bytes):
                yield made(place, chunks)
                chunks, n_bytes = [], 0
            place = new_place
            chunks.append(texts)
            n_bytes += texts.nbytes
    if chunks:
        yield made(place, chunks)


def batch_schema() -> Any:
    """The columns of what :func:`read_batches` makes."""
    import pyarrow as pa

    return pa.schema(
        [
            ("place", pa.string()),
            ("report", pa.string()),
            ("tokens", pa.binary()),
            ("words", pa.binary()),
        ]
    )


def _runs(batch: Any, is_file: bool, partition: int) -> Iterator[tuple[Any, Any]]:
    """The runs of texts of a batch that lie in the same block of the same file."""
    import pyarrow as pa

    if not is_file:
        yield ("", partition), _text(batch.column(0), f"partition {partition}")
        return
    paths, starts = batch.column(1).to_pylist(), batch.column(2).to_pylist()
    first = 0
    for row in range(1, batch.num_rows + 1):
        ends = row == batch.num_rows
        if ends or (paths[row], starts[row]) != (paths[first], starts[first]):
            lines = batch.column(0).slice(first, row - first)
            if lines.null_count == 0 and _has_returns(lines):
                lines = pa.array([line.removesuffix(b"\r") for line in lines.to_pylist()])
            yield (paths[first], starts[first]), _text(lines, paths[first])
            first = row


def _has_returns(lines: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.ends_with(lines, b"\r")).as_py())


def _text(column: Any, place: str) -> Any:
    """Bytes as text."""
    import pyarrow as pa

    try:
        return column.cast(pa.string()).fill_null("")
    except pa.ArrowInvalid:
        raise DataError(f"{place}: found bytes that are not UTF-8, expected UTF-8") from None


def table_of(pair: Any) -> bytes:
    """The table of words of a share."""
    table: bytes = pair[1][2]
    return table


def merge_tables(left: bytes, right: bytes) -> bytes:
    """Two tables in one."""
    return _eigenlex.merge_tables(left, right)


def joined_table(
    setting: Setting, known: Broadcast[bytes], joined: Broadcast[list[str]], pair: Any
) -> bytes:
    """The table of the words of a share once words were joined."""
    number, (_, tokens, _) = pair
    return setting.worker().table(tokens, (known.value, joined.value[number]))


def ends_behind(setting: Setting, known: Broadcast[bytes], pair: Any) -> list[int]:
    """How often sentences end behind abbreviations."""
    return setting.worker().ends_behind(pair[1][1], known.value)


def add(left: list[int], right: list[int]) -> list[int]:
    """The sums of two lists."""
    return [a + b for a, b in zip(left, right, strict=True)]


def keep(setting: Setting, known: Broadcast[bytes], joined: Broadcast[list[str]], pair: Any) -> Any:
    """The kept words of a share: ``(share, (numbers, words))``."""
    number, (_, tokens, _) = pair
    kept, numbers = setting.worker().keep(tokens, known.value, joined.value[number])
    return number, (numbers, kept)


def stretches(firsts: Broadcast[list[int]], n_words: int, pair: Any) -> bytes:
    """How many stretches hold each word."""
    number, (_, kept) = pair
    return _eigenlex.count_stretches(kept, firsts.value[number], n_words)


def merge_stretches(left: bytes, right: bytes) -> bytes:
    """Two counts in one."""
    return _eigenlex.merge_stretches(left, right)


def draw(
    setting: Setting, firsts: Broadcast[list[int]], counts: Broadcast[list[int]], pair: Any
) -> Any:
    """The words of a share that a draw leaves: ``(share, (occurrences, words))``."""
    number, (_, kept) = pair
    drawn, occurrences = setting.worker().draw(kept, firsts.value[number], counts.value)
    return number, (occurrences, drawn)


def count(
    setting: Setting,
    firsts: Broadcast[list[int]],
    occurrences: Broadcast[list[int]],
    n_tasks: int,
    pair: Any,
) -> Iterator[Any]:
    """The counts of a share: ``(task, (share, counts))``."""
    number, (_, kept) = pair
    worker, first = setting.worker(), firsts.value[number]
    for start in range(0, max(n_tasks, 1), COUNTED_TOGETHER):
        some = (start, min(start + COUNTED_TOGETHER, n_tasks))
        for task, counts in worker.count(kept, first, occurrences.value, some):
            yield task, (number, counts)


def grouped(pairs: Iterable[Any]) -> Iterable[Any]:
    """The values of each key of a partition, which are in memory together."""
    values: dict[Any, list[Any]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    while values:
        yield values.popitem()


def join(setting: Setting, occurrences: Broadcast[list[int]], pair: Any) -> Any:
    """The rows of a task: ``(task, (rows, entries, bytes))``."""
    task, parts = pair
    in_order = [part for _, part in sorted(parts, key=lambda part: part[0])]
    rows, n_rows, n_entries = setting.worker().join(occurrences.value, in_order)
    return task, (n_rows, n_entries, rows)


def to_places(nodes: Nodes, blocks: Broadcast[dict[int, int]], pair: Any) -> Iterator[Any]:
    """A task's rows for every partition that needs them."""
    task, (_, _, rows) = pair
    number = blocks.value[task]
    for place in nodes.places(number):
        yield place, (number, task, rows)


@contextmanager
def room_on_disk(folder: str) -> Iterator[None]:
    """Says which machine has no room."""
    try:
        yield
    except (OSError, ResourceError) as error:
        # The program names the file that it had no room for.
        is_full = isinstance(error, ResourceError) and error.path is not None
        is_full |= isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if not is_full:
            raise
        raise ResourceError(
            f"no space left on the device to write `{folder}` on {socket.gethostname()}\n"
            "hint: spark.local.dir names a folder with more room"
        ) from None


#: A file, and where the rows of each task begin in it and how many bytes they are.
Rows = tuple[str, list[tuple[int, int]]]


def blocks_of(pairs: Iterator[Any]) -> Iterator[tuple[int, int, Rows]]:
    """The rows of each block of a partition, in the order of their tasks: ``(place, block, rows)``.

    The rows wait in a file for each block.
    """
    parts: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    with room_on_disk(scratch()), tempfile.TemporaryDirectory(dir=scratch()) as folder:
        for place, (number, task, rows) in pairs:
            with open(os.path.join(folder, f"{place}-{number}"), "ab") as file:
                place_of_rows = (task, file.tell(), len(rows))
                parts.setdefault((place, number), []).append(place_of_rows)
                file.write(rows)
        for place, number in sorted(parts):
            path = os.path.join(folder, f"{place}-{number}")
            yield place, number, (path, [it[1:] for it in sorted(parts[place, number])])
            os.remove(path)


def sums_of(
    setting: Setting,
    first_rows: Broadcast[list[int]],
    n_rows: int,
    counts: Broadcast[list[int]],
    pairs: Iterator[Any],
) -> Iterator[Any]:
    """The sums of the blocks of a partition: ``(block, sums)``."""
    worker = setting.worker()
    for _, number, rows in blocks_of(pairs):
        place = (first_rows.value[number], n_rows)
        yield number, worker.sums(rows, place, counts.value)


def place_blocks(
    setting: Setting,
    first_rows: Broadcast[list[int]],
    n_rows: int,
    counts: Broadcast[list[int]],
    terms: Broadcast[bytes],
    pairs: Iterator[Any],
) -> Iterator[Any]:
    """Weighs the blocks of a partition and writes them, laid out, into files of this machine:
    ``(place, [(block, entries, [(header, path), ...]), ...])``.
    """
    worker = setting.worker()
    folder = os.path.join(scratch(), f"eigenlex-{setting.run}")
    placed: dict[int, list[Any]] = {}
    with room_on_disk(folder):
        os.makedirs(folder, exist_ok=True)
        for place, number, rows in blocks_of(pairs):
            of_block = (first_rows.value[number], n_rows)
            # A task may run twice at the same time, in two processes.
            files = os.path.join(folder, f"{place}-{number}-{os.getpid()}")
            parts, n_entries = worker.weigh(rows, of_block, counts.value, terms.value, files)
            placed.setdefault(place, []).append((number, n_entries, parts))
    yield from placed.items()


def fingerprint(share: str) -> str:
    """The fingerprint of the file of a share."""
    return _eigenlex.fingerprint_share(share)


# Products.


class Nodes:
    """The nodes of both matrices, and how each is opened."""

    def __init__(
        self,
        nodes: list[tuple[int, int, int]],
        n_copies: int,
        shapes: list[tuple[int, bool]],
        resident_bytes: int,
    ) -> None:
        #: The first block of each, the one behind its last, its first row.
        self.nodes = nodes
        #: How many tasks multiply with a node, each with some columns of a panel.
        self.n_copies = n_copies
        #: Columns, and whether the matrix is its own transpose: of the words that are decomposed,
        #: and of those that are folded in.
        self.shapes = shapes
        self.resident_bytes = resident_bytes

    @property
    def n_places(self) -> int:
        """How many partitions there are: the copies of a node follow one another."""
        return len(self.nodes) * self.n_copies

    def places(self, number: int) -> Iterable[int]:
        """The partitions that need a block."""
        for node, (first, end, _) in enumerate(self.nodes):
            if first <= number < end:
                return range(node * self.n_copies, (node + 1) * self.n_copies)
        return ()


def scratch() -> str:
    """A folder for files of this machine, which Spark deletes with the application where it can."""
    places = os.environ.get("LOCAL_DIRS") or os.environ.get("SPARK_LOCAL_DIRS") or ""
    return places.split(",")[0] or tempfile.gettempdir()


def _node(setting: Setting, nodes: Nodes, others: bool, place: int, blocks: list[Any]) -> Any:
    part = int(others)
    files = [of_block[part] for _, _, of_block in blocks]
    key = (part, place, tuple(path for _, path in files))
    node = _NODES.get(key)
    if node is None:
        # What this process keeps for products with the other matrix is not needed any more, nor is
        # what was placed anew.
        for other in [it for it in _NODES if it[0] != part or it[1] == place]:
            del _NODES[other]
        room = nodes.resident_bytes - sum(it.resident_bytes for it in _NODES.values())
        first_row = nodes.nodes[place // nodes.n_copies][2]
        node = _eigenlex.Node(nodes.shapes[part], first_row, max(room, 0), files)
        _NODES[key] = node
    return node


def multiply(
    setting: Setting,
    nodes: Nodes,
    others: bool,
    n_pieces: int,
    product: Broadcast[bytes],
    pair: Any,
) -> Iterator[Any]:
    """What a copy of a node makes of its pieces of a panel; ``None`` where its files are not."""
    place, blocks = pair
    number, copy = divmod(place, nodes.n_copies)
    setting.worker()
    pieces = [it for it in range(n_pieces) if it * nodes.n_copies // n_pieces == copy]
    if not pieces:
        return
    try:
        node = _node(setting, nodes, others, place, blocks)
    except FileNotFoundError:
        yield from (((number, piece), None) for piece in pieces)
        return
    for piece in pieces:
        yield (number, piece), node.multiply(product.value, piece)


def to_sum(pair: Any) -> Any:
    """The result of a node by the number of its group and of its piece."""
    (number, piece), result = pair
    return (number // 16, piece), (number, result)


def add_nodes(pair: Any) -> Any:
    """The sum of a group of nodes."""
    key, results = pair
    in_order = [result for _, result in sorted(results, key=lambda it: it[0])]
    if any(result is None for result in in_order):
        return key, None
    return key, _eigenlex.add_nodes(in_order)


def remove(setting: Setting, pair: Any) -> None:
    """Deletes the files of a node."""
    for _, _, files in pair[1]:
        for _, path in files:
            try:
                os.remove(path)
                os.rmdir(os.path.dirname(path))
            except OSError:
                pass
