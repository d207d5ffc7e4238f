"""The command line of the package."""

from __future__ import annotations

import signal
import sys

from . import _eigenlex


def main() -> int:
    """Runs the program with the arguments of the process."""
    # The program has its own way to stop; Python's would wait for the program to end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _eigenlex.main(sys.argv[1:])
