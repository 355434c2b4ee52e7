"""A process that queues: ``python -m benchmarks.peers.client MODULE``, in that system's Python.

Each line of its input is a request: a list of a name and arguments, in JSON. Each has one line of answer.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

from benchmarks.peers.systems import System


class Client:
    """Answers requests about one system."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.requests: dict[str, Callable[..., Any]] = {
            "prepare": system.prepare,
            "enqueue": self.enqueue,
            "held": system.held,
            "rows": system.rows,
            "versions": self.versions,
        }

    def enqueue(self, kind: str, first: int, count: int) -> tuple[float, float]:
        """Queue so many jobs one by one; the times before and after."""
        begun = time.time()
        for number in range(first, first + count):
            self.system.enqueue(kind, number)
        return begun, time.time()

    def versions(self) -> dict[str, str]:
        """What is installed here."""
        return {package: metadata.version(package) for package in self.system.packages}

    def serve(self) -> None:
        """Until the input ends."""
        for line in sys.stdin:
            name, *arguments = json.loads(line)
            print(json.dumps(self.requests[name](*arguments)), flush=True)


if __name__ == "__main__":
    Client(importlib.import_module(f"benchmarks.peers.systems.{sys.argv[1]}").SYSTEM).serve()
