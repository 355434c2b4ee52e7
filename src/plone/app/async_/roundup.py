"""All jobs that are under way: found, and followed to their end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import transaction

from zc.async_ import clock
from zc.async_.failures import isFailure
from zc.async_.interfaces import NEW
from zc.async_.job import Job


if TYPE_CHECKING:
    from zc.async_.queue import Queue
    from zc.async_.queue import Queues


class Roundup:
    """The jobs that wait or run in the caller's view, or end later. For one thread; reads only."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues
        self._since = clock.now()
        self._seen: dict[bytes, Job] = {}
        self._look()

    def is_done(self) -> bool:
        """Look again, in a new transaction: whether all jobs have ended."""
        transaction.begin()
        self._look()
        return not self._left()

    def complaint(self) -> str:
        """Which jobs have not ended."""
        return "jobs have not ended: " + ", ".join(f"{job.title} ({job.status})" for job in self._left())

    def failures(self) -> list[str]:
        """What went wrong with the jobs that failed."""
        jobs = self._seen.values()
        return [f"{job.title} failed: {job.result.getTraceback()}" for job in jobs if isFailure(job.result)]

    def _left(self) -> list[Job]:
        # Withdrawn jobs, and steps that their batch never came to, are NEW.
        return [job for job in self._seen.values() if not job.is_completed and job.status != NEW]

    def _look(self) -> None:
        for queue in self._queues.values():
            for job in _under_way(queue):
                self._follow(job)
            for job in self._ended(queue):
                self._follow(job)

    def _follow(self, job: Job) -> None:
        """Remember a job, and those that wait for it, which are in no list themselves."""
        if job._p_oid not in self._seen:
            self._seen[job._p_oid] = job
        for waiter in job.waiters:
            self._follow(waiter)

    def _ended(self, queue: Queue) -> Iterator[Job]:
        for record in queue.dispatchers.values():
            for agent in record.values():
                yield from (job for job in agent.unfiled() if job.active_end >= self._since)
                yield from agent.completed.iter(stop=self._since)


def _under_way(queue: Queue) -> Iterator[Job]:
    yield from queue
    yield from queue.watched.values()
    for shard in queue.resumed.values():
        yield from shard
    for record in queue.dispatchers.values():
        for agent in record.values():
            yield from agent
