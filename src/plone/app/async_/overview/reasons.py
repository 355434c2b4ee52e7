"""Why a job has not begun, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from plone.app.async_ import _
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.scope import EVERYTHING
from plone.app.async_.overview.scope import Scope
from plone.app.async_.overview.states import QUEUED
from plone.app.async_.overview.states import State
from plone.app.async_.overview.states import state_of
from zc.async_.terms import is_job


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.queue import Queue

MOST_NAMED = 5


def reasons_of(job: Job, now: datetime, scope: Scope = EVERYTHING) -> Iterator[str]:
    """Messages that say what keeps a job from going on; none for one that runs or has ended.

    Of the jobs that hold up others they name those in the scope.
    """
    state, queue = state_of(job, now), job.queue
    if state is State.ACTIVE and job.awaited:
        ids = _ids((other for other in job.awaited if not (is_job(other) and other.is_completed)), scope)
        yield _("reason_waits_for", default="It goes on when other jobs have ended: ${jobs}.", mapping={"jobs": ids})
    if queue is None or state not in QUEUED:
        return
    yield from _reasons_of_queue(queue)
    if state is State.SCHEDULED:
        moment = job.begin_after.isoformat(timespec="seconds") if job.begin_after else ""
        yield _("reason_scheduled", default="It is scheduled for ${time}.", mapping={"time": moment})
    else:
        yield from _reasons_of_quotas(job, queue, scope)


def _reasons_of_queue(queue: Queue) -> Iterator[str]:
    if queue.paused:
        yield _("reason_paused", default="The queue is paused.")
    records = queue.dispatchers.values()
    alive = [record for record in records if record.activated is not None and not record.dead]
    if not records:
        yield _("reason_never_worker", default="No worker has ever started on this queue.")
    elif not alive:
        yield _("reason_no_worker", default="No worker is alive.")
    elif all(len(agent) >= agent.size for record in alive for agent in record.values()):
        yield _("reason_busy", default="All workers are busy.")


def _reasons_of_quotas(job: Job, queue: Queue, scope: Scope) -> Iterator[str]:
    for name in dict.fromkeys(job.quota_names):
        quota = queue.quotas.get(name)
        if quota is not None and quota.filled and job not in quota:
            yield _(
                "reason_quota",
                default="The quota “${quota}” lets ${size} run at a time; its places are held by: ${jobs}.",
                mapping={"quota": name, "size": quota.size, "jobs": _ids(quota, scope)},
            )


def _ids(jobs: Iterable[Job], scope: Scope) -> str:
    """The ids of some of these jobs; of those outside of the scope only that there are some."""
    jobs = list(jobs)
    shown = [id_of(job) for job in islice((job for job in jobs if scope.covers(job)), MOST_NAMED)]
    return ", ".join(shown if len(shown) == len(jobs) else [*shown, "…"])
