"""Cancelling jobs: a waiting one at once, a running one with its own help, a batch through its steps.

The request to a running job is a live note (see ``notes``): it must not touch the job's record, which the commit that
completes the job writes. The job sees it when it asks, and at the latest before it is attempted again.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ZODB.utils import u64

from zc.async_ import clock
from zc.async_ import notes
from zc.async_ import states
from zc.async_.failures import Failure
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import JobCancelled
from zc.async_.terms import is_job
from zc.async_.timeline import CANCELLED


if TYPE_CHECKING:
    from zc.async_.job import Job

REQUEST = "zc.async.cancel"
"""Name of the live note."""

LOOK_INTERVAL = 0.5
"""Seconds for which the last look at the database is good enough."""


def cancel(job: Job, reason: str) -> bool:
    """See ``Job.cancel``."""
    status = job.require_status(states.before("cancel"), "call cancel", "PENDING, ASSIGNED or ACTIVE")
    queue = job.queue
    if job.caller is not None or queue is None:
        raise BadStatusError("can only call cancel on a job that is in a queue itself")
    if status != PENDING:
        number = u64(job._p_oid)
        queue.live.notes(number).set(number, REQUEST, reason)
        if job.runs_again:
            _cancel_steps(job, reason)
        return False
    queue.take_out(job)
    job.note(CANCELLED, reason)
    job.finished(None, None, clock.now(), failure(reason))
    if job.status == CALLBACKS:
        queue.enter_again(job)
    else:
        queue.cancelled.add(job)
    return True


def _cancel_steps(batch: Job, reason: str) -> None:
    """Cancel what a batch waits for, so that it soon goes on, to find itself cancelled."""
    for step in filter(is_job, batch.awaited):
        if step.status in states.before("cancel"):
            step.cancel(reason)


def failure(reason: str) -> Failure:
    """The result of a cancelled job."""
    return Failure(JobCancelled(reason) if reason else JobCancelled())


def requested(job: Job) -> str | None:
    """The reason of a request to cancel the job, as the present transaction sees it; None if there is none."""
    queue, number = job.queue, u64(job._p_oid)
    live = None if queue is None else queue.live.get(number)
    return None if live is None else live.of(number).get(REQUEST)


class Checker(threading.local):
    """Looks for a request as of now, in a connection of its own, but not too often. One for each thread."""

    _job: bytes | None = None
    _looked = 0.0

    def check(self, job: Job) -> None:
        """Raise :class:`JobCancelled` if the job was asked to end."""
        now = time.monotonic()
        if job.queue is None or (self._job == job._p_oid and now < self._looked + LOOK_INTERVAL):
            return
        self._job, self._looked = job._p_oid, now
        reason = notes.read(job, REQUEST, None, 0, 0, threading.Event())
        if reason is not None:
            failure(reason).raiseException()
