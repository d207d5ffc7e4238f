"""Kills a worker in each stage, and the driver in each stage, and compares the digests.

    python benches/spark/faults.py TEXTS... [--dim 100] [--partitions 5]

In: texts. Out: a line for each fault with the digest, or what went wrong. A driver that was killed
is started again, and must resume.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

STAGES = [
    "tokenize",
    "vocabulary",
    "keep",
    "stretches",
    "count",
    "blocks",
    "weight",
    "fingerprint",
    "svd",
    "fold",
    "spelling",
]


def executors() -> list[int]:
    """The processes of Spark's workers."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"CoarseGrainedExecutorBackend" in command.read_bytes():
                found.append(int(command.parent.name))
        except OSError:
            continue
    return found


def session() -> Any:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local-cluster[2,1,2048]")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.maxResultSize": "4g",
        "spark.executorEnv.PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }.items():
        builder = builder.config(key, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    return made


def drive(
    texts: list[str], output: str, who: str, stage: str, config: dict[str, Any]
) -> None:
    """One run in this process, with a fault soon after a stage begins."""
    import eigenlex.spark

    done: list[str] = []

    def strike() -> None:
        if who == "driver":
            os.kill(os.getpid(), signal.SIGKILL)
        for process in executors()[:1]:
            os.kill(process, signal.SIGKILL)
            done.append(stage)

    def hear(progress: Any) -> None:
        if progress.stage == stage and not done:
            done.append("")
            threading.Timer(0.4, strike).start()

    spark = session()
    model = eigenlex.spark.embed(
        spark, texts, output, progress=hear, force=True, **config
    )
    struck = "struck" if stage in done or stage == "none" else "over before the fault"
    resumed = any("resuming" in note for note in model.notes)
    print(model.provenance["digest"], struck, "resumed" if resumed else "", flush=True)
    spark.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--partitions", type=int, default=5)
    parser.add_argument("--stages", nargs="*", default=STAGES)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    config = {"dim": arguments.dim, "partitions": arguments.partitions}
    if arguments.one:
        output, who, stage = arguments.one
        drive(arguments.texts, output, who, stage, config)
        return

    def run(output: str, who: str, stage: str) -> subprocess.CompletedProcess[str]:
        own = [sys.executable, __file__, *arguments.texts, "--one", output, who, stage]
        own += ["--dim", str(arguments.dim), "--partitions", str(arguments.partitions)]
        return subprocess.run(own, check=False, capture_output=True, text=True)

    import eigenlex

    texts = [Path(it) for it in arguments.texts]
    expected = eigenlex.embed(texts, dim=arguments.dim).provenance["digest"]
    print(f"{'one machine':24} {expected[:16]}")
    wrong = 0
    for who in ("worker", "driver"):
        for stage in arguments.stages:
            with tempfile.TemporaryDirectory(prefix="eigenlex-faults-") as folder:
                output = f"{folder}/model"
                done = run(output, who, stage)
                if who == "driver" and done.returncode == -signal.SIGKILL:
                    done = run(output, who, "none")
                found = done.stdout.split()
                is_right = bool(found) and found[0] == expected
                wrong += not is_right
                said = (
                    " ".join([found[0][:16], *found[1:]])
                    if found
                    else done.stderr[-400:]
                )
                print(
                    f"{who + ' in ' + stage:24} {said} {'' if is_right else 'WRONG'}",
                    flush=True,
                )
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
