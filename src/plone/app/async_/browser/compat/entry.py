"""A job as ``jobs.json`` tells it: the keys of version 1, and the same as plain data."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from plone.app.async_.overview import Board
from plone.app.async_.overview import State
from plone.app.async_.overview.calls import arguments
from plone.app.async_.overview.failure import last_error
from plone.app.async_.overview.redact import value_text
from plone.app.async_.overview.states import ENDED
from plone.app.async_.overview.summary import JobSummary
from zc.async_ import timeline
from zc.async_.job import Job


TIME_FORMAT = "%I:%M:%S %p, %Y-%m-%d"


def entry_of(job: Job, board: Board, portal_url: str) -> dict[str, Any]:
    """All about a job of the board."""
    (summary,) = board.summaries([job])
    percent = None if summary.progress is None else summary.progress.percent
    return {
        "id": int(summary.id),
        "callable": summary.callable,
        "args": _arguments(job),
        "status": _status(job, summary),
        "progress": "" if percent is None else f"{percent}%",
        "failure": summary.failure or last_error(job),
        "error_url": f"{portal_url}/manage-job-error?id={summary.id}" if summary.failure else None,
        "state": str(summary.state),
        "title": summary.title,
        "user": summary.user_id,
        "queue": summary.queue,
        "queued_at": _iso(summary.queued),
        "begin_after": _iso(summary.begin_after),
        "started_at": _iso(summary.started),
        "ended_at": _iso(summary.ended),
    }


def _arguments(job: Job) -> str:
    texts = ((name, value_text(value, name)) for name, value in arguments(job))
    return "Args: " + ", ".join(text if name.isdigit() else f"{name}={text}" for name, text in texts)


def _status(job: Job, summary: JobSummary) -> str:
    if summary.state in ENDED:
        return f"Completed at {_local(summary.ended)}"
    if summary.state is State.ACTIVE and summary.started is not None:
        return f"Started at {_local(summary.started)}"
    if summary.state is State.SCHEDULED:
        retries = sum(1 for entry in job.timeline if entry.what == timeline.PUT_OFF)
        what = f"Retry #{retries} scheduled" if retries else "Scheduled"
        return f"{what} for {_local(summary.begin_after)}"
    return f"Queued at {_local(summary.queued)}"


def _local(moment: datetime | None) -> str:
    """The time of the server's clock, which shows no zone."""
    return "" if moment is None else time.strftime(TIME_FORMAT, time.localtime(moment.timestamp()))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
