"""Jobs in groups, by where they are: in a queue, in the hands of agents, or completed. Each has an order of its own."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zc.async_ import clock
from zc.async_.claims import startable
from zc.async_.connections import fetch
from zc.async_.failures import isFailure
from zc.async_.interfaces import PENDING
from zc.async_.monitordb.filters import Filters
from zc.async_.monitordb.states import AT_WORK
from zc.async_.monitordb.states import ENDED
from zc.async_.monitordb.states import NAMES
from zc.async_.whereabouts import active_runs
from zc.async_.whereabouts import fetched
from zc.async_.whereabouts import readable


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.completed import Completed
    from zc.async_.job import Job
    from zc.async_.queue import Queue


class Pending:
    """Jobs in queues: each queue's in its own order, merged by the times from which they may start.

    With a filter of agents, those that at least one of these would take; ``ValueError`` if one of them has a chooser.
    """

    def __init__(self, queues: list[Queue], filters: Filters) -> None:
        self._queues = queues
        self._filters = filters
        self._takers: dict[Queue, list[Agent]] = {}
        if filters.names_agents:
            self._takers = {queue: filters.agents(queue) for queue in queues}
            for agent in (agent for agents in self._takers.values() for agent in agents):
                if agent.chooser is not None:
                    raise ValueError(f"agent {agent.name!r} has a chooser, so nobody knows which jobs it would take")

    def __iter__(self) -> Iterator[Job]:
        return self._merged((queue, fetched(queue)) for queue in self._queues)

    def next(self) -> Job | None:
        """The job that would be claimed next; if none may start now, the first in order."""
        now = clock.now()
        can_start = self._merged((queue, startable(queue, now)) for queue in self._queues)
        return next(can_start, None) or next(iter(self), None)

    def _merged(self, lines: Iterable[tuple[Queue, Iterator[Job]]]) -> Iterator[Job]:
        wanted = [self._wanted(queue, jobs) for queue, jobs in lines]
        return heapq.merge(*wanted, key=_due)

    def _wanted(self, queue: Queue, jobs: Iterator[Job]) -> Iterator[Job]:
        for job in jobs:
            if job.status == PENDING and self._filters.matches(job) and self._is_taken(queue, job):
                yield job

    def _is_taken(self, queue: Queue, job: Job) -> bool:
        return not self._filters.names_agents or any(would_take(agent, job) for agent in self._takers[queue])

    def count(self) -> int:
        """How many there are; loads none if only the queue matters."""
        if self._filters.looks_at_jobs or self._filters.names_agents:
            return sum(1 for _ in self)
        return sum(len(queue) for queue in self._queues)


def would_take(agent: Agent, job: Job) -> bool:
    """Whether an agent's filter accepts a job; one that fails does not."""
    if agent.filter is None:
        return True
    try:
        return bool(agent.filter(job))
    except Exception:  # anybody's filter: the worker will tell of it
        return False


class AtWork:
    """Jobs in the hands of agents, and those that wait for other jobs; those first that were started first.

    The latter are known by the jobs that they wait for, which may be in any queue.
    """

    def __init__(self, all_queues: list[Queue], filters: Filters, states: frozenset[str]) -> None:
        self._all_queues = all_queues
        self._queues = filters.queues(all_queues)
        self._filters = filters
        self._states = states

    def __iter__(self) -> Iterator[Job]:
        jobs = {job._p_oid: job for run in self._runs() for job in run}.values()
        return iter(sorted(filter(self._is_wanted, jobs), key=_start))

    def _is_wanted(self, job: Job) -> bool:
        is_here = any(job.queue is queue for queue in self._queues)
        return is_here and NAMES[job.status] in self._states and self._filters.matches(job)

    def _runs(self) -> Iterable[list[Job]]:
        if not self._filters.names_agents:
            return active_runs(self._all_queues)
        return [readable(agent) for queue in self._queues for agent in self._filters.agents(queue)]

    def count(self) -> int:
        """How many there are."""
        return sum(1 for _ in self)


class Ended:
    """Completed jobs, newest completion first; ``outcome`` is a word of ``states.ENDED``.

    One whose callbacks took long may stand a few places away.
    """

    def __init__(self, queues: list[Queue], filters: Filters, outcome: str) -> None:
        self._queues = queues
        self._filters = filters
        self._outcome = outcome

    def __iter__(self) -> Iterator[Job]:
        streams = [self._stream(newest, archive) for newest, archive in self._archives()]
        for job in heapq.merge(*streams, key=_completion, reverse=True):
            if self._has_outcome(job) and self._filters.matches(job):
                yield job

    def _has_outcome(self, job: Job) -> bool:
        return self._outcome == "completed" or isFailure(job.result) == (self._outcome == "failed")

    def _archives(self) -> Iterator[tuple[list[Job], Completed]]:
        """The newest jobs, which are on no page, and where the others are."""
        for queue in self._queues:
            for agent in self._filters.agents(queue):
                yield [*agent.ended(), *agent.completed.recent], agent.completed
            if not self._filters.names_agents:
                yield [*queue.cancelled.recent], queue.cancelled

    def _stream(self, newest: list[Job], archive: Completed) -> Iterator[Job]:
        limit = self._filters.oldest_end
        oldest = 0 if limit is None else clock.to_micros(limit)
        yield from _newest_first(newest)
        for number, page in archive.pages():
            if number < oldest:
                return
            yield from _newest_first(page.jobs)
            page._p_jar.cacheGC()

    def count(self) -> int:
        """How many there are; loads none if only queue and agent matter."""
        if self._filters.looks_at_jobs or self._outcome != "completed":
            return sum(1 for _ in self)
        queued = 0 if self._filters.names_agents else sum(len(queue.cancelled) for queue in self._queues)
        agents = [agent for queue in self._queues for agent in self._filters.agents(queue)]
        return queued + sum(len(agent.completed) + len(agent.ended()) for agent in agents)


def groups(queues: Iterable[Queue], states: frozenset[str], filters: Filters) -> list[Pending | AtWork | Ended]:
    """The groups with the jobs in these states, in order, without those in which none can be wanted."""
    every = list(queues)
    wanted, possible = filters.queues(every), filters.possible(states)
    found: list[Pending | AtWork | Ended] = [Pending(wanted, filters)] if "pending" in possible else []
    if possible & AT_WORK:
        found.append(AtWork(every, filters, possible & AT_WORK))
    return found + [Ended(wanted, filters, outcome) for outcome in possible & ENDED]


def _newest_first(jobs: Iterable[Job]) -> list[Job]:
    run = readable(jobs)
    fetch(run)
    return sorted(run, key=_completion, reverse=True)


def _due(job: Job) -> int:
    due = job.begin_after
    return 0 if due is None else clock.to_micros(due)


def _start(job: Job) -> tuple[bool, int]:
    start = job.active_start
    return start is None, 0 if start is None else clock.to_micros(start)


def _completion(job: Job) -> int:
    completed = job.initial_callbacks_end
    return 0 if completed is None else clock.to_micros(completed)
