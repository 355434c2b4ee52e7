"""One line in the log, and a count, for each outcome of a job: what it was, how long it waited and ran.

It is written right after the commit that makes it true, in the thread that made it. A process that dies between the two
leaves no line. Words are quoted like strings of JSON unless they are plain, so that nobody's text can begin a line.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from typing import NamedTuple

from ZODB.utils import u64

from zc.async_ import clock
from zc.async_.failures import isFailure
from zc.async_.interfaces import JobCancelled
from zc.async_.metrics import CANCELLED
from zc.async_.metrics import FAILED
from zc.async_.metrics import PUT_OFF
from zc.async_.metrics import SUCCEEDED
from zc.async_.metrics import process
from zc.async_.redact import plain_text


if TYPE_CHECKING:
    from zc.async_.job import Job

jobs = logging.getLogger("zc.async.jobs")

LONGEST = 200
"""Characters of a word."""

PLAIN = re.compile(rf"[A-Za-z0-9_./@+-]{{1,{LONGEST}}}").fullmatch
"""Most words: short, and without the signs that secrets stand behind."""


class Ending(NamedTuple):
    """What is to be told of a job, as plain data. ``queue`` is None where nothing is counted."""

    number: int
    outcome: str
    queue: str | None
    waited: float | None
    ran: float | None
    words: Mapping[str, str]


def of_outcome(job: Job) -> Ending:
    """What there is to tell of a job with its result."""
    result, outcome, error = job.result, SUCCEEDED, None
    if isFailure(result):
        outcome = CANCELLED if result.check(JobCancelled) else FAILED
        error = getattr(result.type, "__name__", str(result.type))
    return _ending(job, outcome, job.active_start, job.active_end, error=error)


def of_delay(job: Job, started: datetime | None, until: datetime) -> Ending:
    """What there is to tell of a job that is about to be put off."""
    return _ending(job, PUT_OFF, started, clock.now(), until=until.isoformat(timespec="seconds"))


def _ending(job: Job, outcome: str, started: datetime | None, ended: datetime | None, **further: str | None) -> Ending:
    queue, caller, agent = job.queue, job.caller, job.agent
    queue_name = None if queue is None else queue.name or ""
    words = {
        "db": job._p_jar.db().database_name,
        "callable": job.function_name,
        "callback_of": None if caller is None else str(u64(caller._p_oid)),
        "queue": queue_name,
        "agent": None if agent is None else agent.name,
        **_surroundings(job),
        **further,
    }
    return Ending(
        u64(job._p_oid),
        outcome,
        queue_name if caller is None else None,
        _seconds(job.begin_after, started),
        _seconds(started, ended),
        {name: word for name, word in words.items() if word is not None},
    )


def _surroundings(job: Job) -> Mapping[str, str]:
    try:
        return {name: str(word) for name, word in job.surroundings.items()}
    except Exception as error:  # a subclass's own code; neither the job nor its line must suffer from it
        return {"surroundings": type(error).__name__}


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max((end - start).total_seconds(), 0.0)


def tell(ending: Ending) -> None:
    """Log and count it. To be called once it is committed, from any thread; needs no database."""
    if ending.queue is not None:
        process.ended(ending.queue, ending.outcome, ending.waited, ending.ran)
    if not jobs.isEnabledFor(logging.INFO):
        return
    times = {"waited": ending.waited, "ran": ending.ran}
    words = [f"{name}={quoted(word)}" for name, word in ending.words.items()]
    words += [f"{name}={seconds:.3f}" for name, seconds in times.items() if seconds is not None]
    jobs.info("id=%d outcome=%s %s", ending.number, ending.outcome, " ".join(words))


def count_retry(job: Job) -> None:
    """Count that a job, or a callback of one, is attempted once more at once."""
    if job.queue is not None:
        process.retried(job.queue.name or "")


def quoted(word: str) -> str:
    """A word without blanks as it is, anything else as a string of JSON in ASCII; cut, and without secrets."""
    return word if PLAIN(word) else json.dumps(plain_text(word, LONGEST))
