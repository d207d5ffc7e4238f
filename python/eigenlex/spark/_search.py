"""Documents in tables of Spark: their codes, and what they are about.

The workers read the model from one copy each, which Spark sends them once as a file. Columns come
and go as Arrow, so texts are not copied through Python.
"""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _eigenlex, errors
from .._checks import whole
from ..documents import DocumentIndex
from ..model import Model
from ._run import plain_errors

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

#: Models that were sent, by the application and their names.
_SENT: set[tuple[str, str]] = set()
#: What a worker has opened.
_MODELS: dict[str, Model] = {}
_INDEXES: dict[str, tuple[Model, Any]] = {}


def _model(name: str, cpus: int) -> Model:
    """The model of this process, opened once."""
    if name not in _MODELS:
        from pyspark import SparkFiles

        _eigenlex.set_threads(cpus)
        _MODELS[name] = Model.open(SparkFiles.get(name))
    return _MODELS[name]


def _sent(table: DataFrame, model: Model | str | os.PathLike[str]) -> str:
    """Sends a model to all workers, as one file; the name by which they find its folder."""
    if not isinstance(model, Model):
        # Whatever is wrong with it is told here, once.
        model = Model.open(model)
    name = f"eigenlex-{model.digest[:16]}"
    sc = table.sparkSession.sparkContext
    if (sc.applicationId, name) in _SENT:
        return name
    with tempfile.TemporaryDirectory(prefix="eigenlex-") as place:
        folder = model.path
        if folder is None:
            folder = Path(place) / "model"
            # The model stays one in memory: this folder goes.
            model._held.save(str(folder), False)
        # Spark unpacks archives. It keeps a copy of this one as long as the session lasts.
        packed = os.path.join(tempfile.mkdtemp(prefix="eigenlex-"), f"{name}.zip")
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
    sc.addArchive(f"{packed}#{name}")
    _SENT.add((sc.applicationId, name))
    return name


def _cpus(table: DataFrame) -> int:
    return int(str(table.sparkSession.sparkContext.getConf().get("spark.task.cpus", "1")))


def _check_column(table: DataFrame, column: str, output: str) -> None:
    if column not in table.columns:
        shown = ", ".join(f"`{it}`" for it in table.columns[:5])
        raise errors.ParameterError(f"column is {column!r}, expected one of {shown}")
    if output in table.columns:
        raise errors.ParameterError(f"the table has a column `{output}`\nhint: give output=NAME")
    if table.schema[column].dataType.typeName() != "string":
        found = table.schema[column].dataType.simpleString()
        raise errors.ParameterError(f"the column `{column}` is of {found}, expected strings")


def encode(
    table: DataFrame,
    model: Model | str | os.PathLike[str],
    column: str,
    *,
    output: str = "code",
) -> DataFrame:
    """The table with the code of the text in each row, as an array of floats.

    A text without a word of the model has a code of zeros.

    Args:
        table: A DataFrame of Spark.
        model: A model, or its folder, on a path that the driver sees.
        column: The column of the texts.
        output: The name of the new column.
    """
    from pyspark.sql.types import ArrayType, FloatType, StructField, StructType

    _check_column(table, column, output)
    with plain_errors():
        name = _sent(table, model)
        fields = [*table.schema.fields, StructField(output, ArrayType(FloatType(), False))]
        task = partial(_encode, name, _cpus(table), table.columns.index(column))
        return table.mapInArrow(task, StructType(fields))


def _encode(name: str, cpus: int, place: int, batches: Iterator[Any]) -> Iterator[Any]:
    import numpy as np
    import pyarrow as pa

    model = _model(name, cpus)
    for batch in batches:
        column = batch.column(place).cast(pa.string()).fill_null("")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            codes = model.encode(pa.chunked_array([column]), document="record")
        numbers = pa.array(np.ascontiguousarray(codes).reshape(-1))
        offsets = pa.array(np.arange(len(codes) + 1, dtype=np.int32) * model.dim)
        columns = [*batch.columns, pa.ListArray.from_arrays(offsets, numbers)]
        yield pa.RecordBatch.from_arrays(columns, names=[*batch.schema.names, "code"])


def search(
    table: DataFrame,
    index: DocumentIndex,
    column: str,
    *,
    topn: int = 10,
    output: str = "found",
) -> DataFrame:
    """The table with the documents that the text in each row is about, best first.

    The new column is an array of structs with the number of the document, its name, and the
    similarity. A text without a word of the model has an empty one.

    Args:
        table: A DataFrame of Spark.
        index: The documents, from :meth:`eigenlex.Model.index`.
        column: The column of the queries.
        topn: How many documents.
        output: The name of the new column.
    """
    from pyspark.sql.types import (
        ArrayType,
        FloatType,
        LongType,
        StringType,
        StructField,
        StructType,
    )

    _check_column(table, column, output)
    topn = whole("topn", topn, 1)
    found = StructType(
        [
            StructField("document", LongType(), False),
            StructField("name", StringType(), False),
            StructField("similarity", FloatType(), False),
        ]
    )
    with plain_errors():
        name = _sent(table, index._model)
        codes = index._codes.to_bytes() if index.documents else b""
        sent = table.sparkSession.sparkContext.broadcast((codes, len(index)))
        fields = [*table.schema.fields, StructField(output, ArrayType(found, False))]
        key = uuid.uuid4().hex
        task = partial(_search, sent, (name, key), _cpus(table), table.columns.index(column), topn)
        return table.mapInArrow(task, StructType(fields))


def _search(
    sent: Any, names: tuple[str, str], cpus: int, place: int, topn: int, batches: Iterator[Any]
) -> Iterator[Any]:
    import pyarrow as pa

    name, key = names
    if key not in _INDEXES:
        codes, n_documents = sent.value
        codes = _eigenlex.Codes.of_bytes(codes, n_documents) if codes else None
        _INDEXES[key] = _model(name, cpus), codes
    model, codes = _INDEXES[key]
    kind = pa.list_(
        pa.struct([("document", pa.int64()), ("name", pa.string()), ("similarity", pa.float32())])
    )
    for batch in batches:
        answers: list[list[dict[str, Any]]] = []
        for query in batch.column(place).to_pylist():
            try:
                found = (
                    () if codes is None else DocumentIndex(model, codes).search(query or "", topn)
                )
            except errors.NotFoundError:
                answers.append([])
                continue
            answers.append(
                [
                    {"document": it.document, "name": it.name, "similarity": it.similarity}
                    for it in found
                ]
            )
        columns = [*batch.columns, pa.array(answers, kind)]
        yield pa.RecordBatch.from_arrays(columns, names=[*batch.schema.names, "found"])
