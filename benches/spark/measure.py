"""What a run on Spark costs, stage by stage, beside the program on one machine.

    python benches/spark/measure.py TEXTS... [--workers 1 2] [--dim 300] [--program PATH]

In: texts. Out: a table of seconds for each stage with 1 and 2 workers, what they shuffle, the bytes
of panels there and back, the memory of each process, and the digests. The workers are processes of
Spark's `local-cluster`, one core each, so they share this machine's disk.
"""

from __future__ import annotations

import argparse
import glob
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any


class Watch:
    """The largest resident memory of the processes of a run, sampled."""

    def __init__(self) -> None:
        self.peaks: dict[str, int] = defaultdict(int)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    command = Path(path).read_bytes().replace(b"\0", b" ").decode()
                    kind = self._kind(command)
                    if kind is None:
                        continue
                    status = Path(path).with_name("status").read_text()
                except (OSError, UnicodeDecodeError):
                    continue
                found = re.search(r"VmRSS:\s+(\d+) kB", status)
                if found:
                    self.peaks[kind] = max(self.peaks[kind], int(found[1]) << 10)

    def _kind(self, command: str) -> str | None:
        if "pyspark.daemon" in command:
            return "worker (Python)"
        if "CoarseGrainedExecutorBackend" in command:
            return "executor (Java)"
        if "SparkSubmit" in command:
            return "driver (Java)"
        return None

    def end(self) -> dict[str, int]:
        self._ended.set()
        self._thread.join()
        status = Path("/proc/self/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        self.peaks["driver (Python)"] = int(found[1]) << 10 if found else 0
        return dict(self.peaks)


class Panels(logging.Handler):
    """The products of a run, from its log."""

    def __init__(self) -> None:
        super().__init__()
        self.there = self.back = 0
        self.seconds: list[tuple[str, float]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("product"):
            _, kind, there, back, seconds = record.args  # type: ignore[misc]
            self.there += int(there)  # type: ignore[call-overload]
            self.back += int(back)  # type: ignore[call-overload]
            self.seconds.append((str(kind), float(seconds)))  # type: ignore[arg-type]


def shuffled(folder: str) -> dict[str, dict[str, float]]:
    """For each kind of job by its description: tasks, seconds of tasks, and bytes shuffled."""
    jobs: dict[int, str] = {}
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for path in glob.glob(f"{folder}/**/*", recursive=True):
        if not os.path.isfile(path) or "appstatus" in path:
            continue
        for line in Path(path).read_text().splitlines():
            event = json.loads(line)
            if event["Event"] == "SparkListenerJobStart":
                name = event.get("Properties", {}).get("spark.job.description", "other")
                for stage in event["Stage IDs"]:
                    jobs[stage] = re.sub(
                        r", product .*", "", name.removeprefix("eigenlex: ")
                    )
            elif event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
                of_job = sums[jobs.get(event["Stage ID"], "other")]
                metrics = event["Task Metrics"]
                of_job["tasks"] += 1
                of_job["task seconds"] += metrics["Executor Run Time"] / 1000
                of_job["shuffled"] += metrics["Shuffle Write Metrics"][
                    "Shuffle Bytes Written"
                ]
                of_job["returned"] += metrics["Result Size"]
    return {name: dict(numbers) for name, numbers in sums.items()}


def on_spark(
    texts: list[str], n_workers: int, config: dict[str, Any]
) -> dict[str, Any]:
    """One run with so many workers, in this process."""
    import eigenlex.spark
    from pyspark.sql import SparkSession

    folder = tempfile.mkdtemp(prefix="eigenlex-spark-")
    events = os.path.join(folder, "events")
    os.mkdir(events)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(f"local-cluster[{n_workers},1,4096]")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "4g",
        "spark.driver.maxResultSize": "4g",
        "spark.executorEnv.PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{events}",
        "spark.eventLog.compress": "false",
    }.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    # The first job starts the workers' interpreters.
    spark.sparkContext.parallelize(range(8), 8).map(str).collect()
    panels, watch = Panels(), Watch()
    log = logging.getLogger("eigenlex.spark")
    log.setLevel(logging.DEBUG)
    log.addHandler(panels)
    began = time.perf_counter()
    model = eigenlex.spark.embed(spark, texts, os.path.join(folder, "model"), **config)
    seconds = time.perf_counter() - began
    spark.stop()
    found = {
        "workers": n_workers,
        "seconds": seconds,
        "digest": model.provenance["digest"],
        "stages": model.stages,
        "memory": watch.end(),
        "jobs": shuffled(events),
        "panels": {
            "there": panels.there,
            "back": panels.back,
            "products": panels.seconds,
        },
    }
    shutil.rmtree(folder)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--memory")
    parser.add_argument("--program", default="eigenlex")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    config: dict[str, Any] = {"dim": arguments.dim}
    if arguments.memory:
        config["memory"] = arguments.memory
    if arguments.one:
        print(json.dumps(on_spark(arguments.texts, arguments.one, config)))
        return
    local = tempfile.mkdtemp(prefix="eigenlex-local-")
    command = [
        arguments.program,
        "embed",
        *arguments.texts,
        "-o",
        f"{local}/model",
        "-q",
    ]
    command += ["--dim", str(arguments.dim), "--no-checkpoints"]
    began = time.perf_counter()
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - began
    provenance = json.loads(Path(f"{local}/model/model.json").read_text())
    shutil.rmtree(local)
    print(f"one machine: {seconds:.1f} s, digest {provenance['digest'][:16]}")
    for stage in provenance["stages"]:
        print(f"    {stage}")
    for n_workers in arguments.workers:
        # A process of its own: one has one session.
        own = [sys.executable, __file__, *arguments.texts, "--one", str(n_workers)]
        own += ["--dim", str(arguments.dim)]
        own += ["--memory", arguments.memory] if arguments.memory else []
        done = subprocess.run(own, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr[-3000:])
        found = json.loads(done.stdout.splitlines()[-1])
        print(
            f"\n{n_workers} worker(s): {found['seconds']:.1f} s, digest {found['digest'][:16]}"
        )
        for stage in found["stages"]:
            print(f"    {stage}")
        for name, numbers in found["jobs"].items():
            print(
                f"    {name}: " + ", ".join(f"{k} {v:,.1f}" for k, v in numbers.items())
            )
        products = found["panels"]["products"]
        grams = sorted(seconds for kind, seconds in products if kind == "Gram")
        middle = grams[len(grams) // 2] if grams else 0.0
        print(
            f"    {len(products)} products, the middle one of {len(grams)} Gram: {middle:.3f} s"
        )
        print(
            f"    panels: {found['panels']['there']:,} bytes there, {found['panels']['back']:,}"
        )
        for kind, peak in sorted(found["memory"].items()):
            print(f"    {kind}: {peak / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
