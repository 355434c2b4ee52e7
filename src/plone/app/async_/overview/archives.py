"""Where completed jobs are: a stream of runs, newest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from collections.abc import Iterator
from datetime import datetime

from zc.async_ import clock
from zc.async_.completed import Completed
from zc.async_.job import Job
from zc.async_.queue import Queue
from zc.async_.whereabouts import Run
from zc.async_.whereabouts import agents_of
from zc.async_.whereabouts import place
from zc.async_.whereabouts import readable


def ended_runs(queues: Iterable[Queue], since: datetime | None = None) -> Iterator[Run]:
    """Completed jobs, newest runs first, all that ended ``since`` among them.

    Jobs whose callbacks took long stand where those ended.
    """
    oldest = 0 if since is None else clock.to_micros(since)
    queues = list(queues)
    archives = [archive for queue in queues for archive in archives_of(queue)]
    newest = [job for queue in queues for agent in agents_of(queue) for job in agent.ended()]
    newest += [job for archive in archives for job in archive.recent]
    yield readable(newest)
    for number, page in heapq.merge(*(archive.pages() for archive in archives), key=place, reverse=True):
        if number < oldest:
            return
        yield readable(page.jobs)


def archives_of(queue: Queue) -> list[Completed]:
    """The collections of a queue's completed jobs."""
    return [queue.cancelled, *(agent.completed for agent in agents_of(queue))]


def newest_first(run: Run) -> Run:
    """A run of completed jobs in order; loads them."""
    return sorted(run, key=_ended, reverse=True)


def _ended(job: Job) -> int:
    return 0 if job.active_end is None else clock.to_micros(job.active_end)
