"""Figures of all queues and workers, for programs: metrics, scripts, health checks. Numbers and short words only.

``dataclasses.asdict`` makes JSON of them. Durations are in seconds; what nobody knows is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from plone.app.async_.overview import counts
from plone.app.async_.overview.listing import Search
from plone.app.async_.overview.queues import QueueSummary
from plone.app.async_.overview.queues import summarize_queue
from plone.app.async_.overview.scope import EVERYTHING
from plone.app.async_.overview.states import State
from plone.app.async_.overview.workers import WorkerSummary
from plone.app.async_.overview.workers import summarize_workers


if TYPE_CHECKING:
    from zc.async_.queue import Queue


@dataclass(frozen=True)
class JobFigures:
    """How many jobs of a queue there are now; see ``QueueSummary``. ``kept`` are those that have ended."""

    waiting: int
    scheduled: int
    active: int
    kept: int


@dataclass(frozen=True)
class HourFigures:
    """What ended within an hour; lower limits unless ``is_exact``. The durations are medians of jobs that started."""

    succeeded: int
    failed: int
    cancelled: int
    is_exact: bool
    waited: float | None
    ran: float | None


@dataclass(frozen=True)
class ThreadFigures:
    """Threads for a queue, of all workers that are alive; a job that waits for a promise counts as busy."""

    busy: int
    free: int


@dataclass(frozen=True)
class QuotaFigures:
    """How many jobs may be at work under a quota, and how many are."""

    name: str
    size: int
    used: int


@dataclass(frozen=True)
class QueueFigures:
    """A queue; the default one has no name. ``oldest_waiting`` is how long the job that is next has been due."""

    name: str
    is_paused: bool
    jobs: JobFigures
    oldest_waiting: float | None
    last_hour: HourFigures
    threads: ThreadFigures
    quotas: tuple[QuotaFigures, ...]
    workers_alive: int


@dataclass(frozen=True)
class Figures:
    """All queues by name, and the workers: alive, dead without having been stopped, or stopped in order."""

    queues: tuple[QueueFigures, ...]
    workers_alive: int
    workers_dead: int
    workers_stopped: int


def measure(queues: Iterable[Queue], now: datetime) -> Figures:
    """Take the figures, whosever the jobs are; of each queue, about 1000 ended jobs are loaded at most."""
    queues = list(queues)
    workers = summarize_workers(queues, EVERYTHING)
    alive = [worker for worker in workers if worker.is_alive]
    dead = [worker for worker in workers if not worker.is_alive and worker.activated is not None]
    return Figures(
        queues=tuple(_measure(queue, alive, now) for queue in sorted(queues, key=lambda queue: queue.name or "")),
        workers_alive=len(alive),
        workers_dead=len(dead),
        workers_stopped=len(workers) - len(alive) - len(dead),
    )


def _measure(queue: Queue, alive: list[WorkerSummary], now: datetime) -> QueueFigures:
    summary = summarize_queue(queue, EVERYTHING, now)
    return QueueFigures(
        name=summary.name,
        is_paused=summary.is_paused,
        jobs=JobFigures(summary.waiting, summary.scheduled, summary.active, summary.ended),
        oldest_waiting=None if summary.oldest is None else summary.oldest.total_seconds(),
        last_hour=_last_hour(queue, now),
        threads=_threads(summary, alive),
        quotas=tuple(QuotaFigures(quota.name, quota.size, quota.used) for quota in summary.quotas),
        workers_alive=summary.workers_alive,
    )


def _last_hour(queue: Queue, now: datetime) -> HourFigures:
    hour, is_exact = counts.last_hour(Search([queue], EVERYTHING, now), now)
    succeeded, failed, cancelled = (hour.ended[state] for state in (State.SUCCEEDED, State.FAILED, State.CANCELLED))
    return HourFigures(succeeded, failed, cancelled, is_exact, hour.waited, hour.ran)


def _threads(queue: QueueSummary, alive: list[WorkerSummary]) -> ThreadFigures:
    agents = [agent for worker in alive for agent in worker.agents if agent.queue == queue.name]
    return ThreadFigures(
        busy=sum(agent.active for agent in agents),
        free=sum(max(agent.size - agent.active, 0) for agent in agents),
    )
