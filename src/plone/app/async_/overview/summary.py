"""A job in a list, as data. Texts are anybody's: faces escape them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING

from plone.app.async_.overview.calls import function_name
from plone.app.async_.overview.failure import failure_line
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.people import People
from plone.app.async_.overview.scope import context_of
from plone.app.async_.overview.scope import environment_of
from plone.app.async_.overview.states import State
from plone.app.async_.overview.states import possible_actions
from plone.app.async_.overview.states import state_of
from zc.async_ import meter
from zc.async_ import timeline
from zc.async_.redact import plain_text


if TYPE_CHECKING:
    from zc.async_.job import Job


@dataclass(frozen=True)
class Progress:
    """How far a job has come: a part of 1, if known, and a text."""

    part: float | None
    text: str = ""

    @property
    def percent(self) -> int | None:
        """The part in hundredths, rounded down: 100 means done."""
        return None if self.part is None else int(self.part * 100)


@dataclass(frozen=True)
class JobSummary:
    """Times are aware UTC. ``status`` is the engine's own word for the state, as a message.

    ``actions`` can be done to the job as it is, by those who may.
    """

    id: str
    callable: str
    title: str
    state: State
    status: str
    user_id: str | None
    user_name: str
    site: str
    context: str
    queue: str
    quotas: tuple[str, ...]
    priority: int
    queued: datetime | None
    begin_after: datetime | None
    begin_by: datetime | None
    started: datetime | None
    ended: datetime | None
    waited: timedelta | None
    ran: timedelta | None
    attempts: int
    progress: Progress | None
    failure: str
    worker: str
    agent: str
    actions: tuple[str, ...]


def summarize(job: Job, now: datetime, people: People) -> JobSummary:
    """Describe a job; reads only its record, its live notes if it is active, and its user."""
    here, context, agent = environment_of(job), context_of(job), job.agent
    record = None if agent is None else agent.parent
    state = state_of(job, now)
    started, ended = job.active_start, job.active_end
    due = job.begin_after if state is not State.NEW else None
    return JobSummary(
        id=id_of(job),
        callable=plain_text(function_name(job)),
        title=plain_text(job.title),
        state=state,
        status=job.status,
        user_id=None if here is None else here.user_id,
        user_name=people.name(here),
        site="" if here is None else "/".join(here.portal_path),
        context="" if context is None else "/".join(context.path) or "/",
        queue="" if job.queue is None else job.queue.name or "",
        quotas=job.quota_names,
        priority=job.priority,
        queued=job.queued_at,
        begin_after=due,
        begin_by=None if due is None or job.begin_by is None else due + job.begin_by,
        started=started,
        ended=ended,
        waited=_between(due, started or ended or now),
        ran=_between(started, ended or now),
        attempts=attempts_of(job),
        progress=progress_of(job) if state is State.ACTIVE else None,
        failure=failure_line(job.result) if job.is_completed else "",
        worker="" if record is None else str(record.UUID),
        agent="" if agent is None else agent.name or "",
        actions=possible_actions(job, state),
    )


def attempts_of(job: Job) -> int:
    """How often the job was begun, as far as its timeline tells."""
    again = sum(1 for entry in job.timeline if entry.what in (timeline.PUT_OFF, timeline.RESCUED))
    return again + (job.active_start is not None)


def progress_of(job: Job) -> Progress | None:
    """What the job told of its progress."""
    told = meter.progress_of(job)
    return None if told is None else Progress(told.fraction, plain_text(told.message))


def _between(start: datetime | None, end: datetime) -> timedelta | None:
    return None if start is None else max(end - start, timedelta())
