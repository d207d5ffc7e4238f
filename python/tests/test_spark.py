"""Apache Spark: the digest of a single machine, whatever happens to the workers.

Two worker processes of Spark's own local cluster. Where Java or PySpark is missing, the tests are
skipped and say so.
"""

from __future__ import annotations

import csv
import gzip
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import eigenlex

if shutil.which("java") is None:
    pytest.skip("Spark is not tested: there is no Java", allow_module_level=True)
pytest.importorskip("pyspark", reason="Spark is not tested: there is no PySpark")

from pyspark.sql import SparkSession

import eigenlex.spark

CORPORA = Path(__file__).parents[2] / "corpora"
ENGLISH = CORPORA / "english.txt"
CONFIG: dict[str, Any] = {"dim": 40}


def session(**settings: str) -> SparkSession:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("eigenlex-tests")
    fixed = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.executorEnv.PYTHONPATH": os.pathsep.join(sys.path),
        "spark.sql.shuffle.partitions": "4",
        "spark.driver.memory": "1g",
    }
    for key, value in {**fixed, **settings}.items():
        builder = builder.config(key, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    return made


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    # A duplicate of a slow task shows that nothing depends on how often one runs.
    made = session(
        **{
            "spark.speculation": "true",
            "spark.speculation.interval": "50ms",
            "spark.speculation.multiplier": "1.01",
            "spark.speculation.quantile": "0.1",
        }
    )
    yield made
    made.stop()


@pytest.fixture(scope="module")
def expected() -> tuple[str, str]:
    return digests(eigenlex.embed(ENGLISH, **CONFIG))


def digests(model: eigenlex.Model) -> tuple[str, str]:
    return model.provenance["digest"], model.provenance["encoder_digest"]


def test_any_number_of_partitions_gives_one_digest(
    spark: SparkSession, expected: tuple[str, str], tmp_path: Path
) -> None:
    alone = eigenlex.embed(ENGLISH, **CONFIG)
    for partitions in (3, 17):
        output = tmp_path / f"{partitions}.model"
        model = eigenlex.spark.embed(spark, ENGLISH, output, partitions=partitions, **CONFIG)
        assert digests(model) == expected
        corpus = model.provenance["corpus"]
        assert corpus["sources"] == alone.provenance["corpus"]["sources"]
        assert eigenlex.Model.open(output).math("king - man + woman")[0].word == "queen"
    # Nothing is left beside the models.
    assert sorted(it.name for it in tmp_path.iterdir()) == ["17.model", "3.model"]
    shares = next(it["shares"] for it in model.stages if it["stage"] == "tokenize")
    assert shares == 17


def test_compressed_files_tables_and_addresses_give_the_same(
    spark: SparkSession,
    expected: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = tmp_path / "english.txt.gz"
    packed.write_bytes(gzip.compress(ENGLISH.read_bytes()))
    model = eigenlex.spark.embed(spark, packed, tmp_path / "a.model", **CONFIG)
    assert digests(model) == expected
    lines = ENGLISH.read_text().splitlines()
    table = spark.createDataFrame([(line, 1) for line in lines], ["text", "other"])
    table = table.coalesce(1)
    model = eigenlex.spark.embed(spark, table, tmp_path / "b.model", column="text", **CONFIG)
    assert digests(model) == expected
    # As of an object store: by Spark's own file layer, in blocks of 20 kB.
    spark.conf.set("spark.sql.files.maxPartitionBytes", "20000")
    ours = eigenlex.spark.local_path
    monkeypatch.setattr(
        eigenlex.spark, "local_path", lambda it: None if it.startswith("file:") else ours(it)
    )
    for number, path in enumerate((ENGLISH, packed)):
        output = tmp_path / f"c{number}.model"
        model = eigenlex.spark.embed(spark, f"file://{path}", output, **CONFIG)
        assert digests(model) == expected


@pytest.mark.parametrize(
    "config",
    [
        {"recipe": "documents", "dim": 20},
        {"recipe": "lsa", "dim": 20},
        {"recipe": "passages", "dim": 20, "subsample": 1e-3},
    ],
)
def test_other_recipes(spark: SparkSession, tmp_path: Path, config: dict[str, Any]) -> None:
    model = eigenlex.spark.embed(spark, ENGLISH, tmp_path / "model", partitions=3, **config)
    assert digests(model) == digests(eigenlex.embed(ENGLISH, **config))


def executors() -> list[int]:
    """The processes of Spark's workers."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            is_executor = b"CoarseGrainedExecutorBackend" in command.read_bytes()
        except OSError:
            continue
        if is_executor:
            found.append(int(command.parent.name))
    return found


def test_a_line_longer_than_a_piece_keeps_its_file_whole(
    spark: SparkSession, tmp_path: Path
) -> None:
    lines = ENGLISH.read_text().splitlines()
    text = tmp_path / "text.txt"
    text.write_text("\n".join([*lines, " ".join(lines * 8), *lines]))
    model = eigenlex.spark.embed(spark, text, tmp_path / "model", partitions=4, **CONFIG)
    assert digests(model) == digests(eigenlex.embed(text, **CONFIG))
    assert "1 file(s) with lines of more than a megabyte" in model.notes[0]


def test_tables_in_files_have_a_column_of_texts(spark: SparkSession, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "words"])
        writer.writerows(enumerate(ENGLISH.read_text(encoding="utf-8").splitlines()))
    config: dict[str, Any] = {"column": "words", "dim": 20}
    model = eigenlex.spark.embed(spark, table, tmp_path / "model", **config)
    assert digests(model) == digests(eigenlex.embed(table, **config))


def test_killed_workers_change_nothing(
    spark: SparkSession, expected: tuple[str, str], tmp_path: Path
) -> None:
    killed: list[str] = []

    def kill(stage: str) -> None:
        for process in executors()[:1]:
            killed.append(stage)
            os.kill(process, signal.SIGKILL)

    seen: set[str] = set()

    def hear(progress: Any) -> None:
        if progress.stage in ("tokenize", "count", "weight", "svd") and progress.stage not in seen:
            seen.add(progress.stage)
            threading.Timer(0.3, kill, [progress.stage]).start()

    model = eigenlex.spark.embed(
        spark, ENGLISH, tmp_path / "model", partitions=5, progress=hear, **CONFIG
    )
    assert digests(model) == expected
    assert set(killed) == {"tokenize", "count", "weight", "svd"}


DRIVER = """
import sys
sys.path.insert(0, {tests!r})
import os, signal
from test_spark import CONFIG, ENGLISH, digests, session
import eigenlex.spark
spark = session()
def hear(progress):
    if progress.stage == {stage!r} and {note!r} in progress.note:
        os.kill(os.getpid(), signal.SIGKILL)
model = eigenlex.spark.embed(
    spark, ENGLISH, {output!r}, partitions=3, progress=hear, tolerance=1e-6, **CONFIG
)
print(*digests(model), *[it["stage"] for it in model.stages], model.notes)
spark.stop()
"""


def test_a_killed_driver_goes_on(tmp_path: Path) -> None:
    expected = digests(eigenlex.embed(ENGLISH, tolerance=1e-6, **CONFIG))
    output = str(tmp_path / "model")
    tests = str(Path(__file__).parent)

    def drive(stage: str, note: str) -> subprocess.CompletedProcess[str]:
        code = DRIVER.format(stage=stage, note=note, output=output, tests=tests)
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert drive("svd", "residual").returncode == -signal.SIGKILL
    assert not Path(output).exists() and Path(f"{output}.spark").exists()
    ended = drive("none", "none")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split()[:2] == list(expected)
    assert "resuming an earlier run" in ended.stdout
    assert os.listdir(tmp_path) == ["model"]


def test_what_cannot_be_is_refused_in_one_sentence(spark: SparkSession, tmp_path: Path) -> None:
    output = tmp_path / "model"
    embed = eigenlex.spark.embed

    with pytest.raises(FileNotFoundError, match="no-such"):
        embed(spark, tmp_path / "no-such.txt", output)
    with pytest.raises(eigenlex.ParameterError, match="no option `dims`.*\n.*`dim`"):
        embed(spark, ENGLISH, output, dims=3)
    with pytest.raises(eigenlex.ParameterError, match="not found on a cluster"):
        embed(spark, ENGLISH, output, phrases=True)
    with pytest.raises(eigenlex.ParameterError, match="a cluster decomposes"):
        embed(spark, ENGLISH, output, recipe="passages", encoder="autoencoder")
    with pytest.raises(eigenlex.ParameterError, match="path that the driver sees"):
        embed(spark, ENGLISH, "s3a://bucket/model")
    with pytest.raises(eigenlex.ResourceError, match="budget is"):
        embed(spark, ENGLISH, output, dim=500, fit_words=None, memory="40MB")
    with pytest.raises(eigenlex.ParameterError, match="`threads` has no effect"):
        embed(spark, ENGLISH, output, threads=2)
    table = spark.createDataFrame([(1, "a king")], ["number", "text"])
    with pytest.raises(eigenlex.ParameterError, match="`encoding` has no effect"):
        embed(spark, table, output, column="text", encoding="utf-8")
    with pytest.raises(eigenlex.ParameterError, match="has the columns `number`, `text`"):
        embed(spark, table, output)
    with pytest.raises(eigenlex.ParameterError, match="is of bigint, expected strings"):
        embed(spark, table, output, column="number")
    with pytest.raises(eigenlex.DataError):
        embed(spark, spark.createDataFrame([], "text string"), output)

    bad = tmp_path / "bad.txt"
    lines = ["a king and a queen"] * 3000
    bad.write_bytes("\n".join(lines).encode() + b"\nbad \xff byte\n")
    with pytest.raises(eigenlex.DataError, match=r"line 3001.*0xFF"):
        embed(spark, bad, output, partitions=4)
    assert not output.exists()

    output.mkdir()
    with pytest.raises(eigenlex.OutputExistsError):
        embed(spark, ENGLISH, output)


def test_a_full_disk_of_a_worker_is_named() -> None:
    from eigenlex.spark._run import _error_of

    text = (
        "Job aborted due to stage failure: Task 0 in stage 9.0 failed 4 times, last failure: "
        "Lost task 0.3 in stage 9.0 (TID 30) (10.1.2.3 executor 1): java.io.IOException: No space "
        "left on device\n\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)"
    )
    error = _error_of(text)
    assert isinstance(error, eigenlex.ResourceError)
    assert str(error).startswith("no space left on the scratch disk of 10.1.2.3\nhint: ")
    ours = f"{text}\nTraceback ...\neigenlex.errors.DataError: `a`, line 2: bad\nhint: do\n\n\tat x"
    assert str(_error_of(ours)) == "`a`, line 2: bad\nhint: do"
    assert _error_of("another error") is None


def test_a_file_that_changes_meanwhile_is_noticed(spark: SparkSession, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    shutil.copy(ENGLISH, text)

    def hear(progress: Any) -> None:
        if progress.stage == "tokenize":
            with text.open("a") as file:
                file.write("one more line\n")

    with pytest.raises(eigenlex.DataError, match="when it began"):
        eigenlex.spark.embed(spark, text, tmp_path / "model", partitions=3, progress=hear, **CONFIG)


def test_two_runs_into_one_output(spark: SparkSession, tmp_path: Path) -> None:
    output = tmp_path / "model"
    refused: list[BaseException] = []

    def hear(progress: Any) -> None:
        if progress.stage == "count" and not refused:
            try:
                eigenlex.spark.embed(spark, ENGLISH, output, **CONFIG)
            except eigenlex.OutputExistsError as error:
                refused.append(error)

    eigenlex.spark.embed(spark, ENGLISH, output, progress=hear, **CONFIG)
    assert "another run is writing" in str(refused[0])


def test_documents_of_a_table_are_encoded_and_searched(spark: SparkSession, tmp_path: Path) -> None:
    import numpy as np

    lines = ENGLISH.read_text().splitlines()[:300]
    model = eigenlex.embed(ENGLISH, recipe="documents", dim=20)
    table = spark.createDataFrame([(line,) for line in [*lines, "", "xyzzy"]], ["text"])
    rows = eigenlex.spark.encode(table.coalesce(1), model, "text").collect()
    codes = np.array([row.code for row in rows], dtype=np.float32)
    assert np.array_equal(codes[:-2], model.encode(lines))
    assert not codes[-2:].any()
    index = model.index(lines)
    queries = spark.createDataFrame([("a king and a queen",), ("xyzzy",)], ["query"])
    found = eigenlex.spark.search(queries, index, "query", topn=3).collect()
    assert [it.document for it in found[0].found] == [
        it.document for it in index.search("a king and a queen", 3)
    ]
    assert found[1].found == []
    with pytest.raises(eigenlex.ParameterError, match="expected one of `query`"):
        eigenlex.spark.encode(queries, model, "text")


def test_the_command(tmp_path: Path, expected: tuple[str, str]) -> None:
    main = Path(eigenlex.spark.__file__).parent / "__main__.py"
    submit = Path(sys.executable).parent / "spark-submit"
    command = [str(submit), "--master", "local[2]", "--conf", "spark.ui.enabled=false", str(main)]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    arguments = [str(ENGLISH), "-o", str(tmp_path / "model"), "--dim", "40", "--partitions=2"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert f"digest: {expected[0]}" in done.stdout
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, env=environment)
    assert done.returncode == 1, done.stderr
    # `spark-submit` shows both streams of the program in one.
    assert "exists already\nhint: --force" in done.stdout + done.stderr
