"""How far a job has got: told by its own code, and seen by everybody while it runs.

It is a live note (see ``notes``), so it neither waits for nor conflicts with what the job does. Each one costs a small
commit; so most calls write nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from zc.async_ import clock
from zc.async_ import notes
from zc.async_.failures import isFailure


if TYPE_CHECKING:
    from zc.async_.job import Job

NAME = "progress"
"""Name of the annotation."""

INTERVAL = timedelta(seconds=0.5)
"""Time between two notes; only the first one that says that all is done does not wait for it."""


class Progress(NamedTuple):
    """How far a job is, or was when it ended."""

    done: float
    total: float | None = None
    message: str = ""
    fraction: float | None = None
    """Between 0.0 and 1.0; None if nobody knows how much there is to do."""


class Meter(threading.local):
    """Notes the progress of the jobs of one thread."""

    _job: bytes | None = None
    _noted: datetime | None = None
    _complete = False

    def tell(self, job: Job, done: float, total: float | None, message: str) -> None:
        """Note the progress of the job that this thread runs, unless that was done just before."""
        complete = total is not None and done >= total
        if job._p_oid != self._job:
            self._job, self._noted, self._complete = job._p_oid, None, False
        if not self._is_due() and (self._complete or not complete):
            return
        notes.write(job, NAME, {"done": done, "total": total, "message": message})
        self._noted, self._complete = clock.now(), complete

    def _is_due(self) -> bool:
        # A clock that was set back must not silence the job.
        return self._noted is None or not timedelta() <= clock.now() - self._noted < INTERVAL


def shrink_caches(job: Job) -> None:
    """Let the connections of the job's transaction forget unchanged objects that are too many for their caches."""
    for connection in job._p_jar.connections.values():
        connection.cacheGC()


def progress_of(job: Job) -> Progress | None:
    """What a job told of its progress; None if nothing. Of a job that has succeeded, the fraction is 1.

    Also understands the custom of version 1, a number from 0 to 1 in ``job.annotations["progress"]``. Reads only.
    """
    found = _read(job.annotations.get(NAME))
    if found is None or not job.is_completed or isFailure(job.result):
        return found
    return found._replace(fraction=1.0)


def _read(note: Any) -> Progress | None:
    if isinstance(note, Mapping) and _is_number(note.get("done")):
        done, total, message = note["done"], note.get("total"), str(note.get("message", ""))
        return Progress(done, total, message, _fraction(done, total))
    if _is_number(note):
        return Progress(note, 1, "", _fraction(note, 1))
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _fraction(done: float, total: float | None) -> float | None:
    if not isinstance(total, (int, float)):
        return None
    return min(max(done / total, 0.0), 1.0) if total > 0 else 1.0
