"""Queues as data. Their figures count the jobs of all sites: queues are shared by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from plone.app.async_.overview.archives import archives_of
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.scope import Scope
from zc.async_.whereabouts import agents_of
from zc.async_.whereabouts import waiting_runs


if TYPE_CHECKING:
    from zc.async_.queue import Queue
    from zc.async_.quota import Quota

MOST_HOLDERS = 20


@dataclass(frozen=True)
class QuotaSummary:
    """A quota; ``holders`` are the ids of jobs in the scope that hold places, ``used`` counts all."""

    name: str
    size: int
    used: int
    holders: tuple[str, ...]


@dataclass(frozen=True)
class QueueSummary:
    """A queue. ``waiting`` counts jobs that no worker has looked at yet even if they are scheduled.

    ``active`` are jobs in the hands of workers. ``oldest`` is how long the job that is next has been due.
    """

    name: str
    is_paused: bool
    waiting: int
    scheduled: int
    active: int
    ended: int
    oldest: timedelta | None
    quotas: tuple[QuotaSummary, ...]
    workers_alive: int


def summarize_queue(queue: Queue, scope: Scope, now: datetime) -> QueueSummary:
    """Describe a queue; loads a few jobs at most, however many there are."""
    scheduled = len(queue.scheduled)
    agents = agents_of(queue)
    records = queue.dispatchers.values()
    return QueueSummary(
        name=queue.name or "",
        is_paused=bool(queue.paused),
        waiting=len(queue) - scheduled,
        scheduled=scheduled,
        active=sum(len(agent) for agent in agents) + len(queue.watched),
        ended=sum(len(archive) for archive in archives_of(queue)) + sum(len(agent.ended()) for agent in agents),
        oldest=_oldest(queue, now),
        quotas=tuple(_summarize_quota(quota, scope) for quota in queue.quotas.values()),
        workers_alive=sum(1 for record in records if record.activated is not None and not record.dead),
    )


def _summarize_quota(quota: Quota, scope: Scope) -> QuotaSummary:
    holders = list(quota)
    seen = (id_of(job) for job in holders if scope.covers(job))
    return QuotaSummary(quota.name, quota.size, len(holders), tuple(islice(seen, MOST_HOLDERS)))


def _oldest(queue: Queue, now: datetime) -> timedelta | None:
    first_runs = islice(waiting_runs([queue]), 1)
    due = [job.begin_after for run in first_runs for job in run if job.begin_after is not None]
    return max((now - moment for moment in due if moment <= now), default=None)
