"""How long the read model takes with 100,000 jobs: ``python -m benchmarks.overview [JOBS]``.

Half of the jobs wait, half have ended. Each question is asked to a new board in a connection whose cache is empty.
"""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import transaction
import ZODB

from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Board
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from zc.async_ import clock
from zc.async_.agent import Agent
from zc.async_.interfaces import KEY
from zc.async_.job import Job
from zc.async_.queue import Queue
from zc.async_.queue import Queues


PER_COMMIT = 1000

QUESTIONS = {
    "first page": lambda board: board.jobs(),
    "failed jobs (there are none)": lambda board: board.jobs(Query(states=frozenset({State.FAILED}))),
    "ended jobs, 20th page": lambda board: board.jobs(Query(states=frozenset({State.SUCCEEDED})), start=475),
    "a filter that nothing matches": lambda board: board.jobs(Query(callable="nothing")),
    "counts of states": lambda board: board.counts(),
    "pace": lambda board: board.pace(),
    "queues": lambda board: board.queues(),
}


class Application:
    """As much of a context as a board needs."""

    def __init__(self, connection: Any) -> None:
        self._p_jar = connection

    def getPhysicalRoot(self) -> None:
        """There are no users to be named."""


def fill(database: Any, count: int) -> None:
    """Make jobs that wait and jobs that have ended."""
    with database.transaction() as connection:
        root = connection.root()
        root[KEY] = Queues()
        root[KEY][""] = Queue()
        root[KEY][""].dispatchers.register(uuid.UUID(int=1))["main"] = Agent()
    for start in range(0, count // 2, PER_COMMIT):
        with database.transaction() as connection:
            queue = connection.root()[KEY][""]
            agent = queue.dispatchers[uuid.UUID(int=1)]["main"]
            for number in range(start, start + PER_COMMIT):
                queue.put(Job(str, number))
                job = Job(int, number)
                connection.add(job)
                job.finished(agent, None, clock.now() - timedelta(hours=1), number)
                agent.completed.add(job)


def ask(database: Any, question: Any) -> tuple[float, int]:
    """Seconds, and records loaded."""
    connection = database.open()
    try:
        connection.cacheMinimize()
        connection.getTransferCounts(clear=True)
        begun = time.perf_counter()
        question(Board(Application(connection), EVERYTHING))
        return time.perf_counter() - begun, connection.getTransferCounts()[0]
    finally:
        transaction.abort()
        connection.close()


def main(count: int) -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory() as folder:
        database = ZODB.DB(str(Path(folder) / "Data.fs"))
        fill(database, count)
        print(f"{count} jobs")
        for name, question in QUESTIONS.items():
            seconds, records = ask(database, question)
            print(f"{name:32} {seconds * 1000:8.1f} ms {records:8} records")
        database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
