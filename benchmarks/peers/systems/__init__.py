"""The systems, one a module, each of which has a ``SYSTEM``. They run in processes and in a Python of their own."""

from __future__ import annotations

import json
import os
from abc import ABC
from abc import abstractmethod
from functools import cached_property
from typing import Any


CONCURRENCY = 3
"""Jobs at a time."""


def setting(name: str) -> Any:
    """What the runner tells: ``safest``, ``marks`` (a file), and where ``redis``, ``postgresql`` and ``zeo`` are."""
    return json.loads(os.environ["BENCH_PEERS"])[name]


class System(ABC):
    """What a job queue does here. Its jobs are known by their kinds: ``note``, ``row`` and ``slow_row``."""

    packages: tuple[str, ...]
    """Whose versions count."""

    def prepare(self) -> None:
        """Make what jobs need, in empty servers."""
        self.database.execute("CREATE TABLE rows (number integer NOT NULL)")

    @abstractmethod
    def enqueue(self, kind: str, number: int) -> None:
        """Queue one job, and return when the system has promised to do it."""

    @abstractmethod
    def work(self) -> None:
        """Be a worker with :data:`CONCURRENCY`; never returns."""

    @abstractmethod
    def held(self) -> int:
        """How many jobs the system still knows of that have not ended."""

    def rows(self) -> list[int]:
        """The numbers of the rows that are committed, each as often as it is there."""
        return [number for (number,) in self.database.execute("SELECT number FROM rows").fetchall()]

    @cached_property
    def database(self) -> Any:
        """A connection to PostgreSQL for the runner's questions."""
        import psycopg

        return psycopg.connect(setting("postgresql"), autocommit=True)
