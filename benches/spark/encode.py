"""Documents encoded by one worker of one core, beside the package on one thread.

    python benches/spark/encode.py DOCUMENTS [--dim 100] [--copies 4]

In: a file with a document a line. Out: seconds, without starting Spark and sending the model.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import eigenlex
import eigenlex.spark
from pyspark.sql import SparkSession


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents")
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--copies", type=int, default=4)
    arguments = parser.parse_args()
    model = eigenlex.embed(arguments.documents, recipe="documents", dim=arguments.dim)
    with open(arguments.documents) as file:
        lines = file.read().splitlines() * arguments.copies
    eigenlex._eigenlex.set_threads(1)
    began = time.perf_counter()
    model.encode(lines, paths=False)
    print(f"{len(lines)} documents, one thread: {time.perf_counter() - began:.2f} s")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master("local-cluster[1,1,2048]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.executorEnv.PYTHONPATH", os.environ.get("PYTHONPATH", ""))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    table = spark.read.text(
        [arguments.documents] * arguments.copies, lineSep="\n"
    ).cache()
    table.count()
    coded = eigenlex.spark.encode(table, model, "value")
    # The first use sends and opens the model.
    coded.limit(1).collect()
    began = time.perf_counter()
    coded.write.format("noop").mode("overwrite").save()
    print(f"{table.count()} documents, one worker: {time.perf_counter() - began:.2f} s")
    spark.stop()


if __name__ == "__main__":
    main()
