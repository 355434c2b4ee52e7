"""Where jobs are: for those who look for some. Nothing here writes.

Those that have not ended are in streams of runs, each a few jobs that are not loaded yet. Whoever takes runs one by one
loads no more than what he looks at.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

from ZODB.POSException import POSKeyError
from ZODB.utils import p64

from zc.async_.connections import fetch
from zc.async_.terms import is_job


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.agent import Agent
    from zc.async_.job import Job
    from zc.async_.queue import Queue

Run = list["Job"]
"""Jobs that need not be loaded."""

PlacedRun = tuple[Any, Run]

RUN_SIZE = 16

FETCH_SIZE = 100
"""Jobs that are fetched at once by those who look at all."""

WAITED_FOR = 200
"""How many of the next waiting jobs are asked who waits for them."""

HIGHEST = 2**64 - 1
"""The highest number that an object may have."""


def job_of_number(connection: Connection, number: int) -> Job | None:
    """The job of that number, which is part of its id; None for what is no object or no job.

    The database tells the class of an object before its state is read, so the state of other objects stays unread.
    """
    if not 0 < number <= HIGHEST:
        return None
    try:
        found = connection.get(p64(number))
    except POSKeyError:
        return None
    return found if is_job(found) else None


def agents_of(queue: Queue) -> list[Agent]:
    """All agents that work or worked on a queue."""
    return [agent for record in queue.dispatchers.values() for agent in record.values()]


def fetched(jobs: Iterable[Any]) -> Iterator[Job]:
    """The readable jobs one by one, fetched many at a time; of very many, the first leave memory again meanwhile."""
    for run in _in_runs(iter(jobs), FETCH_SIZE):
        fetch(run)
        yield from run
        for job in run[:1]:
            job._p_jar.cacheGC()


def readable(jobs: Iterable[Any]) -> Run:
    """Without jobs of classes that are gone from the code."""
    return [job for job in jobs if is_job(job)]


def place(item: Any) -> Any:
    """Where an item of a stream stands among those of others."""
    return item[0]


def active_runs(queues: Iterable[Queue]) -> Iterator[Run]:
    """Jobs at work, then those that wait for another one, or to perform callbacks.

    The latter are known by the jobs they wait for; of those in line, only the first are asked.
    """
    queues = list(queues)
    claimed = [claim.job for queue in queues for agent in agents_of(queue) for claim in agent.claims()]
    watched = [job for queue in queues for job in queue.watched.values()]
    resumed = [job for queue in queues for shard in queue.resumed.values() for run in shard.runs() for job in run]
    run = readable([*claimed, *watched, *resumed])
    while run:
        yield run
        run = _waiters(run)
    yield from _waiting_for_others(queues)


def _waiting_for_others(queues: Iterable[Queue]) -> Iterator[Run]:
    looked_at = 0
    for run in waiting_runs(queues):
        waiters = run
        while waiters:
            yield waiters
            waiters = _waiters(waiters)
        looked_at += len(run)
        if looked_at >= WAITED_FOR:
            return


def _waiters(jobs: Iterable[Job]) -> Run:
    return readable(waiter for job in jobs for waiter in job.waiters)


def waiting_runs(queues: Iterable[Queue]) -> Iterator[Run]:
    """Waiting jobs in the order of start; those that no worker has looked at yet, as they arrived among them.

    The latter may be scheduled ones.
    """
    streams = [stream for queue in queues for stream in (_in_lanes(queue), *_arrived(queue))]
    return (run for _, run in heapq.merge(*streams, key=place))


def scheduled_runs(queues: Iterable[Queue]) -> Iterator[Run]:
    """Scheduled jobs, those first that are due next; at last those that no worker has looked at yet."""
    queues = list(queues)
    scheduled = heapq.merge(*(queue.scheduled.items() for queue in queues), key=place)
    yield from _in_runs(job for _, job in scheduled)
    arrived = [stream for queue in queues for stream in _arrived(queue)]
    yield from (run for _, run in heapq.merge(*arrived, key=place))


def _in_lanes(queue: Queue) -> Iterator[PlacedRun]:
    items = heapq.merge(*(lane.items() for lane in queue.lanes.values()), key=place)
    while chunk := list(itertools.islice(items, RUN_SIZE)):
        yield chunk[0][0], readable(job for _, job in chunk)


def _arrived(queue: Queue) -> list[Iterator[PlacedRun]]:
    return [_in_shard(queue, shard) for shard in queue.shards.values()]


def _in_shard(queue: Queue, shard: Any) -> Iterator[PlacedRun]:
    runs = (readable(run) for run in shard.runs())
    return ((queue.place_of(run[0]), run) for run in runs if run)


def _in_runs(jobs: Iterator[Any], size: int = RUN_SIZE) -> Iterator[Run]:
    while chunk := list(itertools.islice(jobs, size)):
        yield readable(chunk)
