"""What is the same for all storages of Huey: a job is taken out of the storage before it begins."""

from __future__ import annotations

import os
import sys
from typing import Any

from benchmarks.peers.systems import CONCURRENCY
from benchmarks.peers.systems import System
from benchmarks.peers.systems.rows import KINDS


class HueySystem(System):
    """Huey with a storage. ``module`` has it as ``huey``."""

    packages = ("huey",)

    def __init__(self, huey: Any, module: str) -> None:
        self.huey = huey
        self.module = module
        self.tasks = {kind: huey.task(name=kind)(function) for kind, function in KINDS.items()}

    def enqueue(self, kind: str, number: int) -> None:
        self.tasks[kind](number)

    def work(self) -> None:
        command = [sys.executable, "-m", "huey.bin.huey_consumer", f"{self.module}.huey"]
        os.execv(sys.executable, [*command, "--workers", str(CONCURRENCY), "--quiet"])

    def held(self) -> int:
        return self.huey.pending_count() + self.huey.scheduled_count()
