"""``spark-submit`` runs this file: the command ``eigenlex embed`` on a cluster.

Its options are those of ``eigenlex embed`` and a few of its own; ``--help`` lists these.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any

import eigenlex.spark
from eigenlex import errors


def _value(text: str) -> Any:
    """A value of an option: a number, a list, or a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _options(rest: list[str]) -> dict[str, Any]:
    """``--min-count 2 --no-subwords`` as keywords."""
    found: dict[str, Any] = {}
    place = 0
    while place < len(rest):
        name, given, value = rest[place].partition("=")
        place += 1
        if not name.startswith("--"):
            raise errors.ParameterError(f"found `{name}`, expected an option such as `--dim`")
        key = name[2:].replace("-", "_")
        if not given:
            if place < len(rest) and not rest[place].startswith("--"):
                value = rest[place]
                place += 1
            else:
                found[key] = True
                continue
        found[key] = _value(value)
    return found


USAGE = """usage: spark-submit ... eigenlex/spark/__main__.py TEXTS... -o MODEL [OPTIONS]

Turns texts into a model on a cluster, with the digest of a single machine.

  TEXTS            paths that every machine sees, or addresses such as s3a://...
  -o, --output     the folder of the model, on a path that the driver sees
  --work           a folder for the results of stages (default: MODEL.spark)
  --partitions     about how many parts the texts are read in
  --force          replace a model that is there

Further options are those of `eigenlex embed`, as --NAME VALUE or --NAME=VALUE."""

#: Options of this command alone.
_OWN = ("output", "work", "partitions", "force")


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or "-h" in given or "--help" in given:
        print(USAGE)
        return 0 if given else 2
    n_texts = next((it for it, text in enumerate(given) if text.startswith("-")), len(given))
    texts = given[:n_texts]
    rest = ["--output" if it == "-o" else it for it in given[n_texts:]]
    try:
        config = _options(rest)
        own = {name: config.pop(name) for name in _OWN if name in config}
        if not texts:
            raise errors.ParameterError("no texts\nhint: they come before the options")
        if not isinstance(own.get("output"), str):
            raise errors.ParameterError("no output\nhint: -o MODEL names the folder of the model")
        if os.path.exists(own["output"]) and not own.get("force"):
            raise errors.OutputExistsError(
                f"`{own['output']}` exists already\nhint: --force replaces a model"
            )
    except errors.Error as error:
        print(f"error: {error}", file=sys.stderr)
        return _exit_code(error)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("eigenlex").setLevel(logging.INFO)
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("eigenlex").getOrCreate()
    try:
        output = own.pop("output")
        model = eigenlex.spark.embed(spark, texts, output, **own, **config)
    except errors.Error as error:
        print(f"error: {error}", file=sys.stderr)
        return _exit_code(error)
    finally:
        spark.stop()
    print(f"{model!r}\ndigest: {model.provenance['digest']}")
    return 0


def _exit_code(error: errors.Error) -> int:
    """As the program ends with this kind of error."""
    if isinstance(error, errors.ParameterError):
        return 2
    if isinstance(error, errors.DataError):
        return 3
    if isinstance(error, errors.NotFoundError):
        return 4
    return 5 if isinstance(error, errors.ResourceError) else 1


if __name__ == "__main__":
    raise SystemExit(main())
