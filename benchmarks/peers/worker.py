"""A worker of a system: ``python -m benchmarks.peers.worker MODULE``, in that system's Python."""

from __future__ import annotations

import importlib
import sys


if __name__ == "__main__":
    importlib.import_module(f"benchmarks.peers.systems.{sys.argv[1]}").SYSTEM.work()
