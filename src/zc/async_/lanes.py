"""Waiting jobs that are due, sorted so that a claim looks at few of them.

A lane is one set of quota names. All its jobs are stopped by the same full quotas, so a lane that is stopped costs one
look at its first job, however long it is. Only claims and withdrawals write lanes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from persistent import Persistent

from zc.async_.containers import SmallLeafTree
from zc.async_.terms import is_job


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.quota import Quotas

Place = tuple[int, int, int]
"""Where a job stands: negated priority, the microsecond it became due, its oid."""

FRONT = -(2**31)
"""Rank of jobs that were put back: before every priority."""


class Lane(Persistent):
    """Jobs of one set of quota names in the order in which they are to start."""

    def __init__(self) -> None:
        self._jobs = SmallLeafTree()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __bool__(self) -> bool:
        return True

    def add(self, place: Place, job: Job) -> None:
        """Add a job; adding it again at the same place changes nothing."""
        self._length += self._jobs.insert(place, job)

    def discard(self, place: Place) -> bool:
        """Take the job at that place out; False if there is none."""
        if place not in self._jobs:
            return False
        del self._jobs[place]
        self._length -= 1
        return True

    def items(self) -> Iterator[tuple[Place, Job]]:
        """Places and jobs in order."""
        return iter(self._jobs.items())


class LaneHeads:
    """One claim's view of all lanes: the jobs that may start now, in order, as quotas fill up.

    Lives within one claim's transaction. ``arrivals`` are due jobs that are in no lane yet.
    """

    def __init__(
        self,
        lanes: dict[tuple[str, ...], Lane],
        arrivals: dict[tuple[str, ...], list[tuple[Place, Job]]],
        quotas: Quotas,
    ) -> None:
        self._room = _Room(quotas)
        self._runs: dict[tuple[str, ...], Iterator[tuple[Place, Job]]] = {}
        for names in {*lanes.keys(), *arrivals}:
            sources: list[Iterable[tuple[Place, Job]]] = [sorted(arrivals.get(names, ()), key=_place)]
            if names in lanes:
                sources.append(lanes[names].items())
            self._runs[names] = heapq.merge(*sources, key=_place)

    def startable(self, now: datetime) -> Iterator[tuple[Place, Job]]:
        """Yield job after job; a yielded job counts against its quotas once :meth:`start` was called for it.

        A job for which it is too late by ``now`` needs no room, nor does one of an absent class. Behind one that was
        put back there may be others that hold their places already, so it never stops its lane.
        """
        heads: list[tuple[Place, tuple[str, ...], Job]] = []
        for names in self._runs:
            self._advance(heads, names)
        while heads:
            place, names, job = heapq.heappop(heads)
            if not is_job(job) or self._room.for_job(names, job) or job.expired(now):
                yield place, job
                self._advance(heads, names)
            elif place[0] == FRONT:
                self._advance(heads, names)

    def _advance(self, heads: list[Any], names: tuple[str, ...]) -> None:
        following = next(self._runs[names], None)
        if following is not None:
            place, job = following
            heapq.heappush(heads, (place, names, job))

    def start(self, job: Job) -> None:
        """Count a job against its quotas, in this view and in their records."""
        self._room.take(job)

    def blockers(self) -> list[Persistent]:
        """The quotas that stopped a lane, and the jobs whose end makes room in them."""
        return self._room.blockers()


def _place(item: tuple[Place, Job]) -> Place:
    return item[0]


class _Room:
    """Who holds the places of each quota, looked up once for each claim."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._holders: dict[str, tuple[Job, ...]] = {}
        self._full: set[str] = set()

    def _holders_of(self, name: str) -> tuple[Job, ...]:
        if name not in self._holders:
            self._holders[name] = tuple(self._quotas[name])
        return self._holders[name]

    def for_job(self, names: tuple[str, ...], job: Job) -> bool:
        for name in names:
            if name in self._quotas:
                holders = self._holders_of(name)
                if len(holders) >= self._quotas[name].size and job not in holders:
                    self._full.add(name)
                    return False
        return True

    def take(self, job: Job) -> None:
        for name in job.lane:
            if name in self._quotas and job not in self._holders_of(name):
                self._holders[name] += (job,)
                self._quotas[name].hold(self._holders[name])

    def blockers(self) -> list[Persistent]:
        return [blocker for name in self._full for blocker in (self._quotas[name], *self._holders_of(name))]
