"""What happened to a job, and why no more, in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plone.app.async_ import _
from plone.app.async_.overview.details import JobDetails
from zc.async_ import timeline


TITLES = {
    timeline.QUEUED: _("step_queued", default="Queued"),
    timeline.STARTED: _("step_started", default="Started"),
    timeline.RESCUED: _("step_rescued", default="Rescued"),
    timeline.PUT_OFF: _("step_put_off", default="To be tried again"),
    timeline.CANCELLED: _("step_cancelled", default="Cancelled"),
    timeline.RETRIED: _("step_retried", default="Queued again"),
    timeline.CHANGED: _("step_changed", default="Changed"),
    timeline.ENDED: _("step_ended", default="Ended"),
}


@dataclass(frozen=True)
class Step:
    """A line of the timeline; ``worker`` if it is known who did it."""

    time: datetime
    title: str
    details: str
    worker: str = ""


def reasons_shown(job: JobDetails) -> list[str]:
    """Why a job does not go on yet, but for the time that stands on its page anyway."""
    return [reason for reason in job.reasons if reason != "reason_scheduled"]


def course_of(job: JobDetails) -> list[Step]:
    """The timeline of a job. Only the worker of the last attempt is known."""
    steps: list[Step] = []
    worker = job.summary.worker
    for event in reversed(job.timeline):
        is_workers = event.what in (timeline.STARTED, timeline.ENDED)
        steps.append(Step(event.time, TITLES.get(event.what, event.what), event.details, worker if is_workers else ""))
        if event.what == timeline.STARTED:
            worker = ""
    return steps[::-1]
