"""``spark-submit`` runs this file: the command ``eigenlex embed`` on a cluster.

Its options are those of ``eigenlex embed``; ``-o`` names the model, ``--work`` the folder for the
results of stages, ``--force`` replaces a model.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from typing import Any

import eigenlex.spark
from eigenlex import errors, options


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


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="spark-submit ... eigenlex/spark/__main__.py",
        description="Turns texts into a model on a cluster, with the digest of a single machine.",
        epilog="Further options are those of `eigenlex embed`: "
        + ", ".join(f"--{name.replace('_', '-')}" for name in options("embed")),
    )
    parser.add_argument("texts", nargs="+", help="paths that every machine sees, or addresses")
    parser.add_argument("-o", "--output", required=True, help="the folder of the model")
    parser.add_argument("--work", help="a folder for the results of stages")
    parser.add_argument("--force", action="store_true", help="replace a model that is there")
    own = sys.argv[1:] if arguments is None else arguments
    known, rest = parser.parse_known_args(own)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("eigenlex").setLevel(logging.INFO)
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("eigenlex").getOrCreate()
    try:
        model = eigenlex.spark.embed(
            spark,
            known.texts,
            known.output,
            work=known.work,
            force=known.force,
            **_options(rest),
        )
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
