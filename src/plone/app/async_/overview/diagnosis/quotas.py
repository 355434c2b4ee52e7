"""Whether quotas let jobs through that they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from itertools import islice
from typing import TYPE_CHECKING

from plone.app.async_.overview.diagnosis.finding import Finding
from plone.app.async_.overview.diagnosis.finding import name_of
from plone.app.async_.overview.diagnosis.finding import worker_of
from plone.app.async_.overview.ids import id_of
from zc.async_.whereabouts import waiting_runs


if TYPE_CHECKING:
    from zc.async_.dispatchers import DispatcherAgents
    from zc.async_.job import Job
    from zc.async_.queue import Queue

WINDOW = 200
"""Waiting jobs looked at."""


def waiting_jobs(queue: Queue) -> Iterator[Job]:
    """The first jobs that wait."""
    return islice(chain.from_iterable(waiting_runs([queue])), WINDOW)


def held_by_the_dead(queue: Queue, now: datetime) -> Iterator[Finding]:
    """Jobs wait behind a full quota, a place of which is held by a worker that shows no sign of life."""
    wanted = {name for job in waiting_jobs(queue) for name in job.quota_names}
    for quota in queue.quotas.values():
        if quota.name not in wanted or not quota.filled:
            continue
        dead = [(job, record) for job in quota if (record := _worker_of(queue, job)) is not None and record.dead]
        if dead:
            jobs = tuple(id_of(job) for job, _ in dead[:5])
            names = ", ".join(dict.fromkeys(worker_of(record) for _, record in dead))
            yield Finding(
                "quota-held-by-the-dead",
                True,
                f"Jobs wait behind the full quota {quota.name!r} of {name_of(queue)}; places in it are held by jobs "
                f"{', '.join(jobs)} of {names}, which shows no sign of life.",
                "The places become free when these jobs are rescued: by a living worker, within minutes, or by that "
                "one when it starts again.",
                "Start that worker again with the same ZC_ASYNC_UUID, or start any other one.",
                queue.name,
                jobs,
            )


def unknown(queue: Queue, now: datetime) -> Iterator[Finding]:
    """Waiting jobs name a quota that the queue does not have any more."""
    jobs: dict[str, list[Job]] = {}
    for job in waiting_jobs(queue):
        for name in job.quota_names:
            if name not in queue.quotas:
                jobs.setdefault(name, []).append(job)
    for name, found in jobs.items():
        yield Finding(
            "quota-unknown",
            True,
            f"Jobs in {name_of(queue)} name the quota {name!r}, which it does not have.",
            "It was removed after they were queued. They run without that limit, as many at a time as there are "
            "threads; further jobs with it are refused when they are queued.",
            f"Create it again, in code that runs in your site: queue.quotas.create({name!r}, 1).",
            queue.name,
            tuple(id_of(job) for job in found[:5]),
        )


def _worker_of(queue: Queue, job: Job) -> DispatcherAgents | None:
    claim = queue.dispatchers.claim_of(job)
    return None if claim is None else claim.agent.parent
