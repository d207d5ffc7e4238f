"""Memory of a large model, and of many; the time to import."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import eigenlex

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is of Linux")

OPEN = """
import eigenlex, numpy, re
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
before = resident()
model = eigenlex.Model.open("{path}")
vectors = model.wv.vectors
assert vectors.shape == (1_000_000, 300)
vectors[500_000], model.wv["w999999"], model.wv.index_to_key[12345]
print(resident() - before)
"""


def resident() -> float:
    """Mebibytes of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_a_model_of_a_million_words_takes_little_memory(tmp_path: Path) -> None:
    """The vectors stay on the disk. The model has a million words of its own making: one that was
    made of texts, with its file of vectors replaced."""
    words = [f"w{it}" for it in range(1_000_000)]
    path = tmp_path / "m"
    eigenlex.embed([words], output=path, recipe="documents", min_count=1, dim=1, drop_components=0)
    swap_vectors(path, 300)
    code = OPEN.format(path=path)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 50


def swap_vectors(model: Path, dim: int) -> None:
    """Gives the words of a model vectors of `dim` numbers, in a file with holes."""
    import json
    import struct

    path = model / "vectors.safetensors"
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + size])
    tensors = {name: it for name, it in header.items() if name != "__metadata__"}
    place, parts = 0, []
    for name, it in sorted(tensors.items(), key=lambda it: it[1]["data_offsets"]):
        begin, end = it["data_offsets"]
        part = content[8 + size + begin : 8 + size + end]
        if name == "embeddings":
            it["shape"][1] = dim
            part = None
        length = 4 * dim * it["shape"][0] if part is None else len(part)
        it["data_offsets"] = [place, place + length]
        parts.append((place, part))
        place += length
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for begin, part in parts:
            if part is not None:
                file.seek(8 + len(text) + begin)
                file.write(part)
        file.truncate(8 + len(text) + place)
    provenance = model / "model.json"
    described = json.loads(provenance.read_text())
    described["dim"] = described["config"]["dim"] = dim
    provenance.write_text(json.dumps(described))
    for name in ("encoder.safetensors", "subwords.safetensors"):
        (model / name).unlink(missing_ok=True)


def test_a_thousand_models_leave_nothing(tmp_path: Path, english: eigenlex.Model) -> None:
    path = tmp_path / "m"
    english.save(path)

    def use(n: int) -> None:
        for _ in range(n):
            model = eigenlex.Model.open(path)
            assert model.wv.vectors[0, 0] is not None and model.neighbors("king", topn=1)
            with pytest.raises(KeyError):
                model.wv["quokka"]
        gc.collect()

    n_files = len(list(Path("/proc/self/fd").iterdir()))
    use(100)
    before = resident()
    use(1000)
    assert resident() - before < 10
    assert len(list(Path("/proc/self/fd").iterdir())) <= n_files + 2


def test_texts_and_codes_leave_nothing(lines: list[str], documents: eigenlex.Model) -> None:
    def use(n: int) -> None:
        for _ in range(n):
            documents.encode(lines)
            eigenlex.svd(np.eye(50, dtype=np.float32), 5)
            with pytest.raises(TypeError):
                eigenlex.embed([*lines, 3])
        gc.collect()

    use(10)
    before = resident()
    use(50)
    assert resident() - before < 20


def test_importing_takes_no_time() -> None:
    code = "import time; t = time.perf_counter(); import eigenlex; print(time.perf_counter() - t)"
    times = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        times.append(float(done.stdout))
    assert min(times) < 0.1
