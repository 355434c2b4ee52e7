"""All that can be told of one job, as data. Texts are anybody's: faces escape them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from logging import getLevelName
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_.overview.calls import arguments
from plone.app.async_.overview.failure import FailureText
from plone.app.async_.overview.failure import failure_text
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.people import People
from plone.app.async_.overview.reasons import reasons_of
from plone.app.async_.overview.redact import value_text
from plone.app.async_.overview.scope import Scope
from plone.app.async_.overview.summary import JobSummary
from plone.app.async_.overview.summary import summarize
from zc.async_.interfaces import ICallbackProxy
from zc.async_.redact import plain_text
from zc.async_.terms import is_job


if TYPE_CHECKING:
    from zc.async_.job import Job

MOST_RELATED = 100
"""Most callbacks, or parts of a batch, that are named."""


@dataclass(frozen=True)
class Argument:
    """An argument, a note or the like, by name."""

    name: str
    text: str


@dataclass(frozen=True)
class Event:
    """A line of the timeline; ``what`` is a word of ``zc.async_.timeline``."""

    time: datetime
    what: str
    details: str


@dataclass(frozen=True)
class LogLine:
    """A line that was logged while the job ran; ``level`` is its name, such as ``WARNING``."""

    time: datetime
    level: str
    logger: str
    text: str


@dataclass(frozen=True)
class JobDetails:
    """A summary, and what only the page of the job shows. ``reasons`` are messages: why the job has not begun.

    ``callbacks``, ``parts`` (of a batch), ``waits_for`` and ``waited_for_by`` are ids; ``caller`` is that of the job
    whose callback it is. ``result`` is empty until the job has ended, and if it failed.
    """

    summary: JobSummary
    arguments: tuple[Argument, ...]
    result: str
    failure: FailureText | None
    reasons: tuple[str, ...]
    timeline: tuple[Event, ...]
    annotations: tuple[Argument, ...]
    log: tuple[LogLine, ...]
    interruptions: int
    caller: str | None
    callbacks: tuple[str, ...]
    parts: tuple[str, ...]
    waits_for: tuple[str, ...]
    waited_for_by: tuple[str, ...]

    @property
    def notes(self) -> tuple[Argument, ...]:
        """The annotations without the engine's own, such as a request to end, which pages tell in words."""
        return tuple(each for each in self.annotations if not each.name.startswith("zc.async."))


def describe(job: Job, now: datetime, people: People, scope: Scope) -> JobDetails:
    """Describe a job with all that belongs to it; its reasons name jobs in the scope only."""
    failure = failure_text(job.result)
    return JobDetails(
        summary=summarize(job, now, people),
        arguments=tuple(Argument(name, value_text(value, name)) for name, value in arguments(job)),
        result=value_text(job.result) if job.is_completed and failure is None else "",
        failure=failure,
        reasons=tuple(reasons_of(job, now, scope)),
        timeline=tuple(Event(time, what, plain_text(text)) for time, what, text in job.timeline),
        annotations=tuple(Argument(str(name), value_text(value, name)) for name, value in job.annotations.items()),
        log=tuple(LogLine(each.time, getLevelName(each.level), each.logger, plain_text(each.text)) for each in job.log),
        interruptions=job.interruptions,
        caller=None if job.caller is None else id_of(job.caller),
        callbacks=_ids(callbacks_of(job)),
        parts=_ids(parts_of(job)),
        waits_for=_ids(job.awaited),
        waited_for_by=_ids(job.waiters),
    )


def callbacks_of(job: Job) -> list[Job]:
    """The callback jobs of a job; of those among which the result decides, all until it has."""
    found: list[Job] = []
    left = list(job.callbacks)
    while left:
        callback = left.pop(0)
        if not ICallbackProxy.providedBy(callback):
            found.append(callback)
        elif callback.job is not None:
            left.insert(0, callback.job)
        else:
            choices = [*(choice for _, choice in callback.conditionals), callback.default]
            left = [*(choice for choice in choices if choice is not None), *callback.callbacks, *left]
    return found


def parts_of(job: Job) -> list[Job]:
    """The jobs among the arguments: the parts of a batch."""
    return [value for value in (*job.args, *job.kwargs.values()) if is_job(value) and value is not job]


def _ids(jobs: Any) -> tuple[str, ...]:
    return tuple(id_of(job) for job in jobs if job._p_oid is not None)[:MOST_RELATED]
