"""Where jobs are that have not ended: streams of runs of jobs, each run a few jobs that are not loaded yet.

Whoever takes runs one by one loads no more than what he looks at. Nothing here writes.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from plone.app.async_.overview.runs import Run
from plone.app.async_.overview.runs import agents_of
from plone.app.async_.overview.runs import place
from plone.app.async_.overview.runs import readable
from zc.async_.job import Job
from zc.async_.queue import Queue


PlacedRun = tuple[Any, Run]

RUN_SIZE = 16

WAITED_FOR = 200
"""How many of the next waiting jobs are asked who waits for them."""


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


def _in_runs(jobs: Iterator[Any]) -> Iterator[Run]:
    while chunk := list(itertools.islice(jobs, RUN_SIZE)):
        yield readable(chunk)
