"""The folder of a run: what its stages have made, kept by Spark's own file layer.

A stage keeps a dataset of pairs, written by Spark with its commit protocol: it is there as a whole
or not at all, however often a task of it runs. Small texts are written beside. Any file system that
Spark knows will do.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from pyspark.accumulators import Accumulator, AccumulatorParam

from ..errors import OutputExistsError

if TYPE_CHECKING:
    from pyspark import RDD, SparkContext

#: Seconds after which a run that says nothing is taken for dead, and between two signs of life.
_DEAD_AFTER = 30.0
_SIGN_OF_LIFE = 5.0


class Store:
    """A folder of Spark's file layer."""

    def __init__(self, sc: SparkContext, root: str) -> None:
        self._sc = sc
        self._jvm: Any = sc._jvm
        self._conf: Any = sc._jsc.hadoopConfiguration()
        self.root = root
        self._alive: threading.Event | None = None

    def _path(self, name: str = "") -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(f"{self.root}/{name}" if name else self.root)

    def _files(self) -> Any:
        return self._path().getFileSystem(self._conf)

    def exists(self, name: str = "") -> bool:
        """Whether a file or folder is there."""
        return bool(self._files().exists(self._path(name)))

    def delete(self, name: str = "") -> None:
        """Deletes a file, or a folder with all that is in it."""
        self._files().delete(self._path(name), True)

    def write(self, name: str, text: str, *, replace: bool = True) -> None:
        """Writes a small text; without ``replace`` it must not be there."""
        stream = self._files().create(self._path(name), replace)
        stream.write(bytearray(text.encode()))
        stream.close()

    def read(self, name: str) -> str:
        """Reads a small text."""
        stream = self._files().open(self._path(name))
        text: str = self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        stream.close()
        return text

    def stamp(self, address: str) -> str:
        """What tells a file from another one, or from itself when it has changed."""
        path = self._jvm.org.apache.hadoop.fs.Path(address)
        status = path.getFileSystem(self._conf).getFileStatus(path)
        return f"{status.getLen()} {status.getModificationTime()}"

    def has(self, name: str) -> bool:
        """Whether a stage is done."""
        return self.exists(f"{name}/_SUCCESS")

    def keep(
        self, name: str, pairs: RDD[Any], summary: Callable[[Any], Any]
    ) -> tuple[RDD[Any], dict[Any, Any]]:
        """Writes the dataset of a stage, unless it is there.

        Returns the dataset as it is read, and a summary of each of its values, by key.
        """
        if self.has(name):
            kept = self.load(name)
            return kept, dict(kept.map(partial(_summarized, summary)).collect())
        self.delete(name)
        # Spark adds what a task has gathered once, when the task has written its file.
        summaries = self._sc.accumulator({}, _Gathered())
        noting = pairs.map(partial(_note, summaries, summary))
        noting.saveAsPickleFile(f"{self.root}/{name}", batchSize=1)
        return self.load(name), summaries.value

    def load(self, name: str) -> RDD[Any]:
        """Reads the dataset of a stage."""
        return self._sc.pickleFile(f"{self.root}/{name}")

    # Two runs.

    def lock(self) -> None:
        """Keeps other runs out of the folder as long as this one lives."""
        if self.exists("lock"):
            self._refuse_living()
        self.write("lock", self._sign())
        self._alive = threading.Event()
        threading.Thread(target=self._give_signs, args=(self._alive,), daemon=True).start()

    def _sign(self) -> str:
        return json.dumps(
            {
                "application": self._sc.applicationId,
                "host": socket.gethostname(),
                "process": os.getpid(),
                "time": time.time(),
            }
        )

    def _give_signs(self, ended: threading.Event) -> None:
        while not ended.wait(_SIGN_OF_LIFE):
            try:
                self.write("lock", self._sign())
            except Exception:  # Spark has been stopped, and nothing is left to keep.
                return

    def _refuse_living(self) -> None:
        try:
            other = json.loads(self.read("lock"))
        except ValueError:
            return
        is_here = other["host"] == socket.gethostname()
        if is_here and other["process"] != os.getpid() and not _lives(other["process"]):
            return
        age = time.time() - other["time"]
        if age < _DEAD_AFTER:
            raise OutputExistsError(
                f"another run is writing `{self.root}`: {other['application']} on "
                f"{other['host']}, heard of {max(age, 0):.0f} s ago\n"
                f"hint: a run that was killed is forgotten after {_DEAD_AFTER:.0f} s"
            )

    def unlock(self) -> None:
        """Lets other runs in."""
        if self._alive is not None:
            self._alive.set()
            self._alive = None
            self.delete("lock")


class _Gathered(AccumulatorParam[dict[Any, Any]]):
    """Summaries by key, from all tasks."""

    def zero(self, value: dict[Any, Any]) -> dict[Any, Any]:
        return {}

    def addInPlace(self, value1: dict[Any, Any], value2: dict[Any, Any]) -> dict[Any, Any]:
        value1.update(value2)
        return value1


def _note(summaries: Accumulator[dict[Any, Any]], summary: Callable[[Any], Any], pair: Any) -> Any:
    summaries.add({pair[0]: summary(pair[1])})
    return pair


def _summarized(summary: Callable[[Any], Any], pair: Any) -> Any:
    return pair[0], summary(pair[1])


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
