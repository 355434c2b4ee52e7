"""One claim of jobs from a queue: take in what arrived, choose what may start, and let the rest wait.

Everything happens in the transaction of the one who claims, who commits. Of two who take the same, one conflicts.
A job whose very class is absent in this process is looked at again in an hour, and holds up nobody.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from persistent import Persistent

from zc.async_ import clock
from zc.async_.connections import fetch
from zc.async_.lanes import LaneHeads
from zc.async_.lanes import Place
from zc.async_.terms import is_job


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.queue import Queue

INTAKE_LIMIT = 1000
"""Most jobs that one claim moves from shards to lanes; a longer backlog is taken in by the following claims."""


def startable(queue: Queue, now: datetime) -> Iterator[Job]:
    """The jobs of which the next claim would take the first, in its order. Looks no further than a claim does."""
    if queue.paused:
        return
    arrivals: dict[tuple[str, ...], list[tuple[Place, Job]]] = {}
    for job in _arriving(queue, now):
        if _awaits_claim(queue, job) and job.not_before <= clock.to_micros(now):
            arrivals.setdefault(job.lane, []).append((queue.place_of(job), job))
    heads = LaneHeads(queue.lanes, arrivals, queue.quotas)
    yield from (job for _, job in heads.startable(now) if _awaits_claim(queue, job))


def _arriving(queue: Queue, now: datetime) -> Iterable[Job]:
    """What a claim would look at that is in no lane yet; writes nothing."""
    due = queue.scheduled.values(max=(clock.to_micros(now) + 1, 0))
    came_in = itertools.chain.from_iterable((*queue.resumed.values(), *queue.shards.values()))
    return itertools.chain(due, queue.watched.values(), itertools.islice(came_in, INTAKE_LIMIT))


def _awaits_claim(queue: Queue, job: Job) -> bool:
    return is_job(job) and job.awaits_claim(queue)


class ClaimRound:
    """The state of one claim."""

    def __init__(self, queue: Queue, now: datetime) -> None:
        self._queue = queue
        self._now = now
        self._arrivals: dict[tuple[str, ...], list[tuple[Place, Job]]] = {}
        self._unread: list[Persistent] = []

    def choose(self, limit: int, filter: Callable[[Job], bool] | None) -> tuple[list[Job], list[Persistent]]:
        """Take out up to ``limit`` jobs, and tell whose change may let others start."""
        self._take_in()
        heads = LaneHeads(self._queue.lanes, self._arrivals, self._queue.quotas)
        claimed: dict[Place, Job] = {}
        stale: set[Place] = set()
        for place, job in heads.startable(self._now):
            if not self._is_waiting(job):
                stale.add(place)
                self._leave(job)
            elif job.expired(self._now):
                claimed[place] = job
            elif filter is None or filter(job):
                heads.start(job)
                claimed[place] = job
            if len(claimed) == limit:
                break
        self._settle({*claimed, *stale})
        return list(claimed.values()), heads.blockers() + self._unread

    def _is_waiting(self, job: Job) -> bool:
        return _awaits_claim(self._queue, job)

    def _take_in(self) -> None:
        """Find what newly came in or became due. What is not due yet goes to the schedule."""
        queue = self._queue
        for job in self._take_due() + queue.watched.take(self._is_waiting):
            self._arrive(job)
        left = INTAKE_LIMIT
        for shard in (*queue.resumed.values(), *queue.shards.values()):
            taken = shard.take(left)
            left -= len(taken)
            fetch(taken)
            if taken and not left:
                # This very claim writes the cursor, which so calls for another look.
                self._unread.append(shard.cursor)
            for job in taken:
                if not self._is_waiting(job):
                    self._leave(job)
                elif job.not_before > clock.to_micros(self._now):
                    queue.scheduled[queue.schedule_key(job)] = job
                else:
                    self._arrive(job)

    def _leave(self, job: Job) -> None:
        """Leave a job that cannot be claimed to whom it belongs.

        If it was about to go on and one of those that it waits for was queued again, that one has forgotten it.
        """
        queue = self._queue
        if not is_job(job):
            queue.set_aside(job)
        elif job.queue is queue and job.needs_watching and queue.dispatchers.claim_of(job) is None:
            queue.watched.add(job)

    def _arrive(self, job: Job) -> None:
        self._arrivals.setdefault(job.lane, []).append((self._queue.place_of(job), job))

    def _take_due(self) -> list[Job]:
        scheduled = self._queue.scheduled
        due = list(scheduled.items(max=(clock.to_micros(self._now) + 1, 0)))
        for key, _ in due:
            del scheduled[key]
        for _, job in due:
            if not is_job(job):
                self._leave(job)
        return [job for _, job in due if is_job(job)]

    def _settle(self, gone: set[Place]) -> None:
        """Let the rest of the arrivals wait in lanes; one that was claimed on arrival never touches its lane."""
        in_lanes = set(gone)
        for items in self._arrivals.values():
            for place, job in items:
                if place in gone:
                    in_lanes.discard(place)
                else:
                    self._queue.enter_lane(job)
        for lane in self._queue.lanes.values() if in_lanes else ():
            for place in in_lanes:
                lane.discard(place)
