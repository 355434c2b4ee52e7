"""Forgets what nobody needs any more: old completed jobs, and what is left of processes and quotas that are gone.

One pass in a while, in the dispatch thread; the dispatcher commits. It touches only what is no one else's at the time:
archives of its own agents and of dispatchers that do not run, and shards that were empty for long. It needs nobody to
complete or queue a job for that.
"""

from __future__ import annotations

import heapq
import itertools
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from zc.async_.completed import PAGE_SIZE
from zc.async_.shards import drop_unused


if TYPE_CHECKING:
    from zc.async_.completed import Completed
    from zc.async_.job import Job
    from zc.async_.queue import Queue

INTERVAL = timedelta(minutes=10)

SHARD_IDLE = timedelta(days=2)
"""After so long an empty shard is taken for that of a process that is gone; else its next put makes another."""


class Pruner:
    """Prunes the queues of one dispatcher, at most once per ``INTERVAL``."""

    def __init__(self, uuid: UUID) -> None:
        self._uuid = uuid
        self._next: datetime | None = None

    def step(self, queues: list[Queue], now: datetime) -> None:
        """Prune if it is time. The caller commits."""
        if self._next is not None and now < self._next:
            return
        self._next = now + INTERVAL
        for queue in queues:
            limit = now - queue.keep_completed_for
            queue.live.forget(prune_completed(*self._archives(queue), limit, queue.keep_completed))
            drop_unused(queue.shards, now - SHARD_IDLE)
            drop_unused(queue.resumed, now - SHARD_IDLE)
            drop_dispatchers(queue, self._uuid, limit)
            drop_lanes(queue)

    def _archives(self, queue: Queue) -> tuple[list[Completed], list[Completed]]:
        """Those that this dispatcher prunes, and those that others do."""
        mine: list[Completed] = [queue.cancelled]
        others: list[Completed] = []
        for record in queue.dispatchers.values():
            is_mine = self._uuid == record.UUID or record.activated is None
            (mine if is_mine else others).extend(agent.completed for agent in record.values())
        return mine, others


def prune_completed(mine: list[Completed], others: list[Completed], limit: datetime, most: int) -> list[Job]:
    """Forget jobs that ended before ``limit``, then of more than ``most`` in all archives the oldest, if in ``mine``.

    Returns them, unloaded. Those of ``others`` are left to their own dispatchers.
    """
    forgotten = [job for archive in mine for job in archive.prune(limit)]
    archives = [*mine, *others]
    surplus = sum(map(len, archives)) - most
    for archive in _by_oldest_page(archives, max(surplus, 0)):
        if archive in mine:
            page = archive.forget_oldest_page()
            forgotten += page
            surplus -= len(page)
        else:
            surplus -= PAGE_SIZE
        if surplus <= 0:
            break
    return forgotten


def _by_oldest_page(archives: list[Completed], most: int) -> list[Completed]:
    """The archives with the ``most`` oldest pages, oldest first: each as often as it has one of them."""
    pages = [zip(archive.page_numbers(), itertools.repeat(position)) for position, archive in enumerate(archives)]
    return [archives[position] for _, position in itertools.islice(heapq.merge(*pages), most)]


def drop_dispatchers(queue: Queue, mine: UUID, limit: datetime) -> None:
    """Drop the records of dispatchers that gave no sign of life since ``limit`` and of whose jobs none is kept."""
    for uuid, record in queue.dispatchers.items():
        last = record.last_ping.value
        is_gone = record.activated is None and uuid != mine and last is not None and last < limit
        if is_gone and not any(len(agent.completed) or len(agent) for agent in record.values()):
            queue.dispatchers.unregister(uuid)


def drop_lanes(queue: Queue) -> None:
    """Drop empty lanes of quotas that were removed. Writing them makes a claim conflict that fills one just now."""
    for names, lane in list(queue.lanes.items()):
        if not len(lane) and any(name not in queue.quotas for name in names):
            lane._p_changed = True
            del queue.lanes[names]
