"""Where jobs are, by state: streams of runs of jobs, each run a few jobs that are not loaded yet.

Whoever takes runs one by one loads no more than what he looks at. Nothing here writes.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plone.app.async_.overview.ids import is_job
from zc.async_ import clock
from zc.async_.completed import Completed
from zc.async_.job import Job
from zc.async_.queue import Queue


Run = list[Job]
PlacedRun = tuple[Any, Run]

RUN_SIZE = 16

WAITED_FOR = 200
"""How many of the next waiting jobs are asked who waits for them."""


def agents_of(queue: Queue) -> list[Any]:
    """All agents that work or worked on a queue."""
    return [agent for record in queue.dispatchers.values() for agent in record.values()]


def active_runs(queues: Iterable[Queue]) -> Iterator[Run]:
    """Jobs at work, then those that wait for another one, or to perform callbacks.

    The latter are known by the jobs they wait for; of those in line, only the first are asked.
    """
    queues = list(queues)
    claimed = [claim.job for queue in queues for agent in agents_of(queue) for claim in agent.claims()]
    watched = [job for queue in queues for job in queue.watched.values()]
    resumed = [job for queue in queues for shard in queue.resumed.values() for run in shard.runs() for job in run]
    run = _readable([*claimed, *watched, *resumed])
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
    return _readable(waiter for job in jobs for waiter in job.waiters)


def waiting_runs(queues: Iterable[Queue]) -> Iterator[Run]:
    """Waiting jobs in the order of start; those that no worker has looked at yet, as they arrived among them.

    The latter may be scheduled ones.
    """
    streams = [stream for queue in queues for stream in (_in_lanes(queue), *_arrived(queue))]
    return (run for _, run in heapq.merge(*streams, key=_place))


def scheduled_runs(queues: Iterable[Queue]) -> Iterator[Run]:
    """Scheduled jobs, those first that are due next; at last those that no worker has looked at yet."""
    queues = list(queues)
    scheduled = heapq.merge(*(queue.scheduled.items() for queue in queues), key=_place)
    yield from _in_runs(job for _, job in scheduled)
    arrived = [stream for queue in queues for stream in _arrived(queue)]
    yield from (run for _, run in heapq.merge(*arrived, key=_place))


def ended_runs(queues: Iterable[Queue], since: datetime | None = None) -> Iterator[Run]:
    """Completed jobs, newest first, all that ended ``since`` among them.

    Jobs whose callbacks took long stand where those ended.
    """
    oldest = 0 if since is None else clock.to_micros(since)
    queues = list(queues)
    archives = [archive for queue in queues for archive in archives_of(queue)]
    newest = [job for queue in queues for agent in agents_of(queue) for job in agent.ended()]
    newest += [job for archive in archives for job in archive.recent]
    yield _newest_first(newest)
    for number, page in heapq.merge(*(archive.pages() for archive in archives), key=_place, reverse=True):
        if number < oldest:
            return
        yield _newest_first(page.jobs)


def archives_of(queue: Queue) -> list[Completed]:
    """The collections of a queue's completed jobs."""
    return [queue.cancelled, *(agent.completed for agent in agents_of(queue))]


def _in_lanes(queue: Queue) -> Iterator[PlacedRun]:
    items = heapq.merge(*(lane.items() for lane in queue.lanes.values()), key=_place)
    while chunk := list(itertools.islice(items, RUN_SIZE)):
        yield chunk[0][0], _readable(job for _, job in chunk)


def _arrived(queue: Queue) -> list[Iterator[PlacedRun]]:
    return [_in_shard(queue, shard) for shard in queue.shards.values()]


def _in_shard(queue: Queue, shard: Any) -> Iterator[PlacedRun]:
    runs = (_readable(run) for run in shard.runs())
    return ((queue.place_of(run[0]), run) for run in runs if run)


def _in_runs(jobs: Iterator[Any]) -> Iterator[Run]:
    while chunk := list(itertools.islice(jobs, RUN_SIZE)):
        yield _readable(chunk)


def _newest_first(jobs: Iterable[Any]) -> Run:
    run = _readable(jobs)
    load(run)
    return sorted(run, key=_ended, reverse=True)


def load(run: Run) -> None:
    """Fetch the jobs of a run from the server at once, instead of one by one when they are looked at."""
    unloaded = [job for job in run if job._p_changed is None]
    if unloaded:
        unloaded[0]._p_jar.prefetch(unloaded)


def _readable(jobs: Iterable[Any]) -> Run:
    """Without jobs of classes that are gone from the code."""
    return [job for job in jobs if is_job(job)]


def _place(item: Any) -> Any:
    return item[0]


def _ended(job: Job) -> int:
    return 0 if job.active_end is None else clock.to_micros(job.active_end)
