"""Fail if a dependency asks for a newer Rust than we do.

    cargo metadata --format-version 1 | python3 .ci/msrv.py 1.89
"""

import json
import sys


def version(text):
    """`1.89` and `1.89.0` are the same version."""
    numbers = [int(number) for number in text.split(".")]
    return numbers + [0] * (3 - len(numbers))


ours = sys.argv[1]
packages = json.load(sys.stdin)["packages"]
newer = [it for it in packages if it["rust_version"] and version(it["rust_version"]) > version(ours)]
for package in newer:
    print(f"{package['name']} {package['version']} needs Rust {package['rust_version']}, we promise {ours}")
print(f"{len(packages)} packages, {len(newer)} need a Rust newer than {ours}")
sys.exit(bool(newer))
