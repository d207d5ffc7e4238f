"""The pipeline on Apache Spark, with the digest of a single machine.

Texts that one machine has no time or room for are read, counted, weighted and decomposed by the
workers of a cluster. The model is the same, to the bit, as the one that ``eigenlex embed`` makes of
the same texts: compare the digests.

>>> from pyspark.sql import SparkSession                                       # doctest: +SKIP
>>> import eigenlex.spark                                                      # doctest: +SKIP
>>> spark = SparkSession.builder.getOrCreate()                                 # doctest: +SKIP
>>> model = eigenlex.spark.embed(spark, "/shared/texts", "/shared/my.model", dim=300)
...                                                                            # doctest: +SKIP

The package must be installed on every machine, in the same version. ``docs/guide/spark.md`` says
what to set, what it costs, and from what size on it is worth it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Union

from .. import errors
from .._checks import whole
from ..model import Model
from ..progress import ProgressOption, listener
from ._run import Run, Source, local_path, plain_errors
from ._search import encode, search

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["embed", "encode", "search"]

#: Paths of texts, or a table whose rows are documents.
Texts = Union[str, "os.PathLike[str]", Sequence[Union[str, "os.PathLike[str]"]], "DataFrame"]


def embed(
    spark: SparkSession,
    texts: Texts,
    output: str | os.PathLike[str],
    *,
    column: str | None = None,
    work: str | os.PathLike[str] | None = None,
    partitions: int | None = None,
    force: bool = False,
    progress: ProgressOption = None,
    **config: Any,
) -> Model:
    """Turns texts into a model by the workers of a cluster.

    The same call resumes after a kill, of workers or of the driver: what a stage has made is kept
    in ``work`` until the model is there.

    Args:
        spark: The session. ``spark.task.cpus`` is the number of threads of a task.
        texts: Paths that every machine sees (folders, patterns, compressed files), addresses that
            Spark reads (``s3a://``, ``hdfs://``; plain or compressed text, a document a line), or a
            DataFrame whose rows are documents, in the order of its partitions.
        output: A folder for the model, on a path that the driver sees.
        column: The column of the DataFrame, by default its only one; or that of tables in files.
        work: A folder for the results of stages, by any address that Spark knows. By default
            ``OUTPUT.spark``, which every machine must see by the same path.
        partitions: About how many parts the texts are read in. By default a part has 32 MB, or less
            where ``memory`` asks for it; a DataFrame has its own partitions.
        force: Replaces a model that is there.
        progress: As in :func:`eigenlex.embed`.
        **config: The options of :func:`eigenlex.embed`. ``memory`` bounds the driver, and each task
            of a worker.

    Raises:
        eigenlex.ParameterError: An option that is none, or that a cluster does not have: phrases,
            networks, metadata of documents.
        eigenlex.DataError: Texts that cannot be read, are too few, or change meanwhile.
        eigenlex.FileError: A path that is not there, on this machine or on a worker; an output
            that is there, or that another run is writing.
        eigenlex.ResourceError: More memory is needed than ``memory`` allows, or a disk is full.
    """
    place = local_path(os.fspath(output))
    if place is None:
        raise errors.ParameterError(
            f"output is {os.fspath(output)!r}, expected a path that the driver sees\n"
            "hint: write the folder there afterwards, with the tools of the object store"
        )
    if os.path.exists(place) and not force:
        raise errors.OutputExistsError(
            f"`{place}` exists already\nhint: force=True replaces a model"
        )
    source = _source(spark, texts, column)
    if source.paths is not None and column is not None:
        config["column"] = column
    folder = f"file://{place}.spark" if work is None else _address(os.fspath(work))
    hears = listener(progress)
    try:
        with plain_errors():
            run = Run(spark, source, place, folder, f"{place}.checkpoints", config, hears)
            held = run.make(
                force, None if partitions is None else whole("partitions", partitions, 1)
            )
    finally:
        hears.close()
    model = Model(held, hears.sentences)
    model.stages = run.stages
    return model


def _address(path: str) -> str:
    place = local_path(path)
    return path if place is None else f"file://{place}"


def _source(spark: SparkSession, texts: Any, column: str | None) -> Source:
    """Where the texts are."""
    from pyspark.sql import functions

    if hasattr(texts, "mapInArrow"):
        names = texts.columns
        if column is None and len(names) != 1:
            shown = ", ".join(f"`{name}`" for name in names[:5])
            raise errors.ParameterError(
                f"the table has the columns {shown}\nhint: column=NAME says which one has the texts"
            )
        name = names[0] if column is None else column
        if name not in names:
            shown = ", ".join(f"`{it}`" for it in names[:5])
            raise errors.ParameterError(f"column is {name!r}, expected one of {shown}")
        if texts.schema[name].dataType.typeName() != "string":
            found = texts.schema[name].dataType.simpleString()
            raise errors.ParameterError(f"the column `{name}` is of {found}, expected strings")
        table = texts.select(functions.col(f"`{name}`").cast("binary"))
        return Source(None, table, False)
    items = [texts] if isinstance(texts, (str, os.PathLike)) else list(texts)
    if not all(isinstance(item, (str, os.PathLike)) for item in items):
        raise TypeError("texts: expected a path, a list of paths, or a DataFrame")
    paths = [os.fspath(item) for item in items]
    places = [local_path(path) for path in paths]
    if all(place is not None for place in places):
        return Source([place for place in places if place is not None], None, True)
    if any(place is not None for place in places):
        raise errors.ParameterError(
            "some texts are paths of the machines and some are addresses, expected one kind"
        )
    if column is not None:
        raise errors.ParameterError(
            "`column` has no effect: of texts at addresses each line is a document\n"
            "hint: spark.read.csv or spark.read.parquet reads a table"
        )
    lines = spark.read.text(paths, lineSep="\n")
    table = lines.select(
        functions.col("value").cast("binary"),
        functions.col("_metadata.file_path"),
        functions.col("_metadata.file_block_start"),
    )
    return Source(None, table, True)
