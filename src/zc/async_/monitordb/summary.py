"""How jobs are shown: by id, in a line, or in detail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import clock
from zc.async_.describe import custom_repr
from zc.async_.failures import isFailure
from zc.async_.monitordb.states import NAMES


if TYPE_CHECKING:
    from zc.async_.job import Job


def jobsummary(job: Job) -> dict[str, Any]:
    """All that there is to say about a job, as of now. Times that have not come are None; waiting never is negative."""
    now = clock.now()
    agent, queue = job.agent, job.queue
    record = None if agent is None else agent.parent
    return {
        "active": running_time(job, now),
        "active end": job.active_end,
        "active start": job.active_start,
        "agent": None if agent is None else agent.name,
        "args": [custom_repr(arg) for arg in job.args],
        "begin after": job.begin_after,
        "callbacks": list(job.callbacks),
        "dispatcher": None if record is None else record.UUID,
        "failed": isFailure(job.result),
        "initial callbacks end": job.initial_callbacks_end,
        "kwargs": {name: custom_repr(value) for name, value in job.kwargs.items()},
        "queue": None if queue is None else queue.name,
        "quota names": list(job.quota_names),
        "repr": repr(job),
        "result": job.result.getBriefTraceback() if isFailure(job.result) else custom_repr(job.result),
        "status": NAMES[job.status],
        "wait": waiting_time(job, now),
    }


def running_time(job: Job, now: datetime) -> timedelta | None:
    """How long the last attempt has been running, or ran; None if the job was never started."""
    return _between(job.active_start, job.active_end or now)


def waiting_time(job: Job, now: datetime) -> timedelta | None:
    """How long the job could have been started and was not; None for one that is in no queue."""
    return _between(job.begin_after, job.active_start or job.active_end or now)


def _between(start: datetime | None, end: datetime) -> timedelta | None:
    return None if start is None else max(end - start, timedelta())


def _id(job: Job) -> Job:
    return job  # the monitor writes a job as its id


DISPLAYS: dict[str, Callable[[Job], Any]] = {"default": _id, "details": jobsummary, "repr": repr}


def parse_display(word: str) -> Callable[[Job], Any]:
    """What shows a job in the way of that name, in whatever case; ``ValueError`` for another name."""
    try:
        return DISPLAYS[word.lower()]
    except KeyError:
        raise ValueError(f'display must be one of "default", "details", or "repr", not {word!r}') from None
