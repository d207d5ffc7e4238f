"""A run: the stages of ``eigenlex embed`` as Spark jobs, and the driver that decides.

Each stage keeps a dataset in the folder of the run. After a kill the same call finds what is there
and goes on behind it; the decomposition goes on from the state that it keeps beside the output.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _eigenlex, errors
from ..progress import Listener
from . import _tasks
from ._store import Store

if TYPE_CHECKING:
    from pyspark import RDD, SparkContext
    from pyspark.sql import DataFrame, SparkSession

_LOG = logging.getLogger("eigenlex.spark")
_T = TypeVar("_T")

#: Bytes of a share of a corpus: so many, or what a worker's memory allows.
_MOST_SHARE_BYTES = 32 << 20
_LEAST_SHARE_BYTES = 1 << 20
#: Bytes of memory that a task takes for each byte of a share, at most.
_BYTES_PER_SHARE_BYTE = 40
#: What a Python worker takes before it does anything, and two blocks of a matrix.
_WORKER_BYTES = 256 << 20
#: Bytes of counts that a token makes, before shares are added up.
_COUNT_BYTES = 200
#: Columns of a product, and bytes of sums of nodes that the driver takes at a time: of more, Spark
#: has neighbours added before they come.
_COLUMNS = 64
_MOST_SUM_BYTES = 256 << 20
#: How often products are tried again when files of a node are not where they were.
_ATTEMPTS = 3


class Source:
    """Where the texts are: files that every worker sees, or a table that Spark reads."""

    def __init__(self, paths: list[str] | None, table: DataFrame | None, is_file: bool) -> None:
        self.paths = paths
        #: Texts in the first column; of files the path and the place of a block behind it.
        self.table = table
        self.is_file = is_file


class Run:
    """One model on its way."""

    def __init__(
        self,
        spark: SparkSession,
        source: Source,
        output: str,
        work: str,
        checkpoints: str,
        config: dict[str, Any],
        listener: Listener,
    ) -> None:
        self.spark = spark
        self.sc: SparkContext = spark.sparkContext
        self.source = source
        self.output = output
        self.checkpoints = checkpoints
        self.config = config
        self.listener = listener
        self.store = Store(self.sc, work)
        self.n_slots = max(self.sc.defaultParallelism, 1)
        self.cpus = int(str(self.sc.getConf().get("spark.task.cpus", "1")))
        #: Seconds of each stage, and what it moved.
        self.stages: list[dict[str, Any]] = []
        self._note = ""
        self._n_products = 0
        self._placed: Any = None

    # The frame.

    @contextmanager
    def _stage(self, name: str, of: str) -> Iterator[dict[str, Any]]:
        """Names the jobs of a stage, and notes how long it takes."""
        self.sc.setJobDescription(f"eigenlex: {of}")
        self.listener.start(name, None, "tasks")
        fact: dict[str, Any] = {"stage": name}
        began = time.perf_counter()
        try:
            yield fact
        finally:
            fact["seconds"] = round(time.perf_counter() - began, 3)
            self.stages.append(fact)
            rest = ", ".join(f"{key} {value}" for key, value in fact.items() if key != "stage")
            _LOG.info("%s: %s", name, rest)
            self.listener.finish()
            self.sc.setJobDescription(None)  # type: ignore[arg-type]

    def _broadcast(self, value: _T) -> Any:
        return self.sc.broadcast(value)

    # The stages.

    def make(self, force: bool, n_parts: int | None) -> _eigenlex.Held:
        """Makes the model."""
        self.limit = self._plan(_MOST_SHARE_BYTES, [])
        share_bytes = _MOST_SHARE_BYTES
        if self.limit is not None:
            room = max(self.limit - _WORKER_BYTES, 0) // _BYTES_PER_SHARE_BYTE
            share_bytes = min(max(room, _LEAST_SHARE_BYTES), share_bytes)
        if n_parts is not None:
            share_bytes = min(-(-self._n_bytes() // n_parts), share_bytes)
        self.share_bytes = max(share_bytes, 1)
        self._plan(self.share_bytes, [])
        self.store.lock()
        try:
            self._begin()
            held = self._stages(force)
        finally:
            self._clean()
            self.store.unlock()
        self.store.delete()
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        return held

    def _plan(self, share_bytes: int, whole: list[str]) -> int | None:
        paths = self.source.paths
        self.plan, self.shares, limit = _eigenlex.plan_run(paths, share_bytes, whole, self.config)
        return limit

    def _n_bytes(self) -> int:
        """Bytes of all shares."""
        n_bytes = 0
        for share in map(json.loads, self.shares):
            part = share["part"]
            n_bytes += part[1] - part[0] if part else sum(it["bytes"] for it in share["sources"])
        return n_bytes

    def _begin(self) -> None:
        """Forgets what another corpus or configuration has left."""
        key = hashlib.sha256()
        for text in [self.plan, *self.shares, *self._inputs()]:
            key.update(text.encode() + b"\0")
        self.key = key.hexdigest()
        if self.store.exists("key") and self.store.read("key") != self.key:
            self.listener.tell(
                f"`{self.store.root}` was left by a run on other texts or with other options: "
                "it begins anew"
            )
            for name in ("tokens", "kept", "drawn", "rows"):
                self.store.delete(name)
        elif self.store.exists("key"):
            self.listener.tell(f"resuming an earlier run: its results are in `{self.store.root}`")
        self.store.write("key", self.key)
        self.setting = _tasks.Setting(
            self._broadcast(self.plan), self.key[:16], self.cpus, _tasks.probe()
        )

    def _inputs(self) -> list[str]:
        """What tells the input of a table from another."""
        table = self.source.table
        if table is None:
            return []
        files = sorted(table.inputFiles())
        return [str(table.semanticHash()), *(f"{it} {self.store.stamp(it)}" for it in files)]

    def _stages(self, force: bool) -> _eigenlex.Held:
        driver = _eigenlex.Driver(self.plan)
        tokens, order = self._tokenize()
        known, joined = self._learn(driver, tokens, order)
        kept, n_words = self._keep(driver, tokens, known, joined, len(order))
        occurrences, kept, firsts = self._occurrences(driver, kept, n_words)
        rows = self._count(driver, kept, firsts, occurrences)
        self._weigh(driver, rows)
        fingerprints = self._fingerprints()
        with self._stage("svd", "SVD") as fact:
            try:
                held = driver.decompose(
                    self._multiply,
                    (self.n_slots, fingerprints),
                    (self.checkpoints, self.key),
                    (self.output, force),
                    _Notes(self),
                )
            finally:
                fact["products"] = self._n_products
        return held

    def _tokenize(self) -> tuple[RDD[Any], list[Any]]:
        """The tokens of every share, by its number, and the reports in order."""
        whole: set[str] = set()
        while True:
            with self._stage("tokenize", "reading and tokenizing") as fact:
                if self.source.table is None:
                    # A share is a task: Spark deals them out as workers become free.
                    numbered = list(enumerate(self.shares))
                    shares = self.sc.parallelize(numbered, max(len(numbered), 1))
                    read = shares.mapPartitions(partial(_tasks.read_files, self.setting))
                    tokens, reports = self.store.keep("tokens", read, _first)
                else:
                    tokens, reports = self._tokenize_table()
                fact["shares"] = len(reports)
            order = [reports[number] for number in sorted(reports)]
            shares_cut = [json.loads(share) for share in self.shares]
            long = [it for it in _eigenlex.shares_with_long_lines(order) if self.shares]
            long = [it for it in long if shares_cut[it]["part"] is not None]
            if not long:
                return tokens, order
            whole |= {shares_cut[it]["sources"][0]["path"] for it in long}
            self.listener.tell(
                f"{len(whole)} file(s) with lines of more than a megabyte are read by one task each"
            )
            self._plan(self.share_bytes, sorted(whole))
            self.store.delete("tokens")

    def _tokenize_table(self) -> tuple[RDD[Any], dict[int, str]]:
        """The same of a table; shares are numbered by their places in it."""
        table, is_file = self.source.table, self.source.is_file
        assert table is not None
        read = partial(_tasks.read_batches, self.setting, self.share_bytes, is_file)
        schema = "place string, report string, tokens binary, words binary"
        rows = table.mapInArrow(read, schema).rdd.map(_pair)
        unnumbered, reports = self.store.keep("tokens", rows, _first)
        places = sorted(reports)
        numbers = {place: number for number, place in enumerate(places)}
        tokens = unnumbered.map(partial(_numbered, self._broadcast(numbers)))
        return tokens, {numbers[place]: report for place, report in reports.items()}

    def _learn(
        self, driver: _eigenlex.Driver, tokens: RDD[Any], reports: list[str]
    ) -> tuple[Any, Any]:
        """What is known of the words, and the words that a hyphen breaks."""
        with self._stage("vocabulary", "merging the words of all shares") as fact:
            if not reports:
                table = None
            else:
                depth = 2 if len(reports) < 4096 else 3
                table = tokens.map(_tasks.table_of).treeReduce(_tasks.merge_tables, depth)
                fact["bytes"] = len(table)
            if table is None:
                raise errors.DataError("no text in the table, expected at least one document")
            if driver.learn(table, reports, resident_bytes()):
                known = self._broadcast(driver.known_words())
                ends = partial(_tasks.ends_behind, self.setting, known)
                driver.end_behind(tokens.map(ends).treeReduce(_tasks.add))
            of_shares, has_joined = driver.joined()
            joined = self._broadcast(of_shares)
            if has_joined:
                known = self._broadcast(driver.known_words())
                joins = partial(_tasks.joined_table, self.setting, known, joined)
                driver.count_joined(tokens.map(joins).treeReduce(_tasks.merge_tables))
            fact["words"] = driver.vocabulary()
        known_words = driver.known_words()
        fact["broadcast"] = len(known_words)
        return self._broadcast(known_words), joined

    def _keep(
        self, driver: _eigenlex.Driver, tokens: RDD[Any], known: Any, joined: Any, n_shares: int
    ) -> tuple[RDD[Any], int]:
        """The kept words of every share."""
        with self._stage("keep", "numbering the kept words") as fact:
            keep = partial(_tasks.keep, self.setting, known, joined)
            kept, numbers = self.store.keep("kept", tokens.map(keep), _first)
            self.n_tokens = [numbers[number][0] for number in range(n_shares)]
            fact["tokens"] = sum(self.n_tokens)
            driver.keep(
                sum(it[1] for it in numbers.values()),
                sum(it[2] for it in numbers.values()),
                resident_bytes(),
                self.listener,
            )
            self._check_workers(driver)
            return kept, len(driver.counts)

    def _check_workers(self, driver: _eigenlex.Driver) -> None:
        """Refuses panels that the workers' memory has no room for."""
        if self.limit is None:
            return
        needed = driver.worker_panel_bytes + _WORKER_BYTES
        if needed > self.limit:
            raise errors.ResourceError(
                f"a worker needs {needed / 2**20:.0f} MiB for its panels and two blocks, the "
                f"budget is {self.limit / 2**20:.0f} MiB\n"
                "hint: lower dim, max_contexts or fit_words, or raise memory"
            )

    def _firsts(self) -> Any:
        """The place of the first token of every share."""
        firsts, first = [], 0
        for n_tokens in self.n_tokens:
            firsts.append(first)
            first += n_tokens
        return self._broadcast(firsts)

    def _occurrences(
        self, driver: _eigenlex.Driver, kept: RDD[Any], n_words: int
    ) -> tuple[Any, RDD[Any], Any]:
        """How often each word occurs among the words that are counted, and these."""
        firsts = self._firsts()
        if driver.counts_stretches:
            with self._stage("stretches", "counting stretches of text"):
                counted = kept.map(partial(_tasks.stretches, firsts, n_words))
                driver.take_stretches(counted.treeReduce(_tasks.merge_stretches))
        if driver.draws:
            with self._stage("subsample", "drawing tokens"):
                counts = self._broadcast(driver.counts)
                draw = partial(_tasks.draw, self.setting, firsts, counts)
                kept, numbers = self.store.keep("drawn", kept.map(draw), _sum_of_first)
                self.n_tokens = [numbers[number] for number in sorted(numbers)]
                driver.take_occurrences(kept.map(_occurrences_of).treeReduce(_tasks.add))
            firsts = self._firsts()
        return self._broadcast(driver.occurrences), kept, firsts

    def _count(
        self, driver: _eigenlex.Driver, kept: RDD[Any], firsts: Any, occurrences: Any
    ) -> RDD[Any]:
        """The rows of every task."""
        with self._stage("count", "counting") as fact:
            count = partial(_tasks.count, self.setting, firsts, occurrences, driver.n_tasks)
            n_parts = max(4 * self.n_slots, 16)
            if self.limit is not None:
                # The counts of a part are in memory together.
                n_bytes = _COUNT_BYTES * sum(self.n_tokens)
                n_parts = max(n_parts, n_bytes // max(self.limit // 8, 1))
            counted = kept.flatMap(count).partitionBy(n_parts).mapPartitions(_tasks.grouped)
            join = partial(_tasks.join, self.setting, occurrences)
            rows, sizes = self.store.keep("rows", counted.map(join), _first_two)
            self.tasks = [(task, *sizes[task]) for task in sorted(sizes)]
            fact["entries"] = sum(task[2] for task in self.tasks)
        return rows

    def _weigh(self, driver: _eigenlex.Driver, rows: RDD[Any]) -> None:
        """The blocks of the matrix, weighted, laid out, and written where they are multiplied."""
        blocks = driver.blocks(self.tasks)
        first_rows = self._broadcast([first_row for _, first_row in blocks])
        counts = self._broadcast(driver.counts)
        nodes = driver.nodes(False, self.n_slots)
        n_copies = max(-(-self.n_slots // len(nodes)), 1)
        # Processes of a machine share what they map.
        room = 1 << 62
        if self.limit is not None:
            room = max(self.limit - _WORKER_BYTES - driver.worker_panel_bytes, 0)
        self.nodes = _tasks.Nodes(nodes, n_copies, [], room)
        of_task = {task: it for it, (tasks, _) in enumerate(blocks) for task in tasks}
        to_places = partial(_tasks.to_places, self.nodes, self._broadcast(of_task))
        # Spark keeps what it has shuffled: the second job finds it on the workers' disks.
        placed = rows.flatMap(to_places).partitionBy(self.nodes.n_places, _identity)
        common = (self.setting, first_rows, driver.n_rows, counts)
        with self._stage("blocks", "adding up rows and columns") as fact:
            first_copies = list(range(0, self.nodes.n_places, n_copies))
            sums = dict(self.sc.runJob(placed, partial(_tasks.sums_of, *common), first_copies))
            for number in range(len(blocks)):
                driver.add_sums(sums.pop(number))
            terms = driver.terms()
            fact |= {"blocks": len(blocks), "broadcast": len(terms)}
        with self._stage("weight", "weighting, laying out and placing") as fact:
            self.nodes.shapes = [driver.shape(False), driver.shape(True)]
            of_all = self._broadcast(terms)
            self.laid_out = placed.mapPartitions(partial(_tasks.place_blocks, *common, of_all))
            self._placed = self._distribute()
            headers: dict[int, list[str]] = {}
            entries: dict[int, int] = {}
            for number, n_entries, files in self._placed.flatMap(_second).collect():
                headers[number] = [header for header, _ in files]
                entries[number] = n_entries
            n_entries = sum(entries.values())
            driver.take_headers([headers[number] for number in range(len(blocks))], n_entries)
            fact |= {"entries": n_entries, "nodes": self.nodes.n_places}

    def _distribute(self) -> RDD[Any]:
        """Has the blocks of every node written into files of the worker that multiplies them."""
        files = self.laid_out.persist()
        files.count()
        return files

    def _fingerprints(self) -> list[str]:
        """The fingerprints of the files that were read in parts."""
        cut = {}
        for share in self.shares:
            spec = json.loads(share)
            if spec["part"] is not None:
                cut[spec["sources"][0]["path"]] = share
        if not cut:
            return []
        with self._stage("fingerprint", "reading files for their fingerprints"):
            shares = list(cut.values())
            return self.sc.parallelize(shares, len(shares)).map(_tasks.fingerprint).collect()

    # Products.

    def _multiply(self, others: bool, kind: str, n_pieces: int, product: bytes) -> list[bytes]:
        """What all nodes return, node after node and piece after piece."""
        nodes = self.nodes
        self._n_products += 1
        self.sc.setJobDescription(f"eigenlex: SVD, product {self._n_products} ({kind}){self._note}")
        began = time.perf_counter()
        panel = self._broadcast(product)
        try:
            for _ in range(_ATTEMPTS):
                task = partial(_tasks.multiply, self.setting, nodes, others, n_pieces, panel)
                results = self._placed.flatMap(task)
                # The driver adds what is left of the tree.
                n_bytes = 4 * _COLUMNS * nodes.shapes[int(others)][0] * len(nodes.nodes)
                if n_bytes > _MOST_SUM_BYTES and kind in ("Gram", "Transposed"):
                    grouped = results.map(_tasks.to_sum).partitionBy(self.n_slots)
                    results = grouped.mapPartitions(_tasks.grouped).map(_tasks.add_nodes)
                found = dict(results.collect())
                if all(result is not None for result in found.values()):
                    break
                self._placed.unpersist()
                self._placed = self._distribute()
            else:
                raise errors.FileError(
                    "the workers lose the files of the matrix\n"
                    "hint: spark.local.dir must name a folder that stays as long as the run"
                )
        finally:
            panel.destroy()
        _LOG.debug(
            "product %d: %s, %d bytes there, %d back, %.3f s",
            self._n_products,
            kind,
            len(product) * self.n_slots,
            sum(map(len, found.values())),
            time.perf_counter() - began,
        )
        return [found[key] for key in sorted(found)]

    def note(self, note: str) -> None:
        """Takes what the decomposition says, for the names of jobs."""
        self._note = f"; {note}"
        _LOG.info("svd: %s", note)

    def _clean(self) -> None:
        """Has the workers delete their files, as far as they live."""
        if self._placed is None:
            return
        try:
            self._placed.foreach(partial(_tasks.remove, self.setting))
            self._placed.unpersist()
        except Exception:  # What is left is in Spark's own folder, which goes with it.
            _LOG.debug("files of workers were not deleted", exc_info=True)


class _Notes(Listener):
    """Hears of the decomposition for a run and for the caller."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self.start = run.listener.start  # type: ignore[method-assign]
        self.move = run.listener.move  # type: ignore[method-assign]
        self.finish = run.listener.finish  # type: ignore[method-assign]
        self.tell = run.listener.tell  # type: ignore[method-assign]

    def note(self, note: str) -> None:
        self._run.note(note)
        self._run.listener.note(note)


def resident_bytes() -> int:
    """What this process holds: code, Spark's client, the tables of the run."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        import resource

        # The most that it has held, on macOS in bytes.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _first(value: Any) -> Any:
    return value[0]


def _second(pair: Any) -> Any:
    return pair[1]


def _first_two(value: Any) -> Any:
    return value[:2]


def _sum_of_first(value: Any) -> int:
    return sum(value[0])


def _occurrences_of(pair: Any) -> Any:
    return pair[1][0]


def _identity(key: int) -> int:
    return key


def _pair(row: Any) -> Any:
    return row.place, (row.report, bytes(row.tokens), bytes(row.words))


def _numbered(numbers: Any, pair: Any) -> Any:
    return numbers.value[pair[0]], pair[1]


@contextmanager
def plain_errors() -> Iterator[None]:
    """Raises the error of a task as itself, not as one of Spark's."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        found = _error_of(str(error))
        if found is None:
            raise
        raise found from None


#: The last line of a traceback of Python in a message of Java, and the hint below it.
_OURS = re.compile(r"^eigenlex\.errors\.(\w+): (.*(?:\nhint: .*)?)", re.MULTILINE)


#: Where a task failed, in a message of Spark.
_MACHINE = re.compile(r"\(([\w.:-]+) executor \w+\)")


def _error_of(text: str) -> Exception | None:
    """The error of ours that a message of Spark speaks of, or of a disk that is full."""
    for name, message in _OURS.findall(text):
        kind = getattr(errors, name, None)
        if isinstance(kind, type) and issubclass(kind, errors.Error):
            return kind(message.rstrip())
    if "No space left on device" in text:
        machine = _MACHINE.search(text)
        place = f" of {machine[1]}" if machine else ""
        return errors.ResourceError(
            f"no space left on the scratch disk{place}\n"
            "hint: spark.local.dir names a folder with more room; the same call resumes"
        )
    return None


def local_path(path: str) -> str | None:
    """A path that the machines see as their own; ``None`` where only Spark finds it."""
    if path.startswith("file:"):
        rest = path.removeprefix("file:")
        return "/" + rest.lstrip("/")
    scheme = path.partition("://")
    return None if scheme[1] else os.path.abspath(path)
