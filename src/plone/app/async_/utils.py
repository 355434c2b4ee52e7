"""Queueing a job in one call, and waiting for all jobs in tests."""

from __future__ import annotations

from plone.app.async_.environment import current_portal
from plone.app.async_.queues import DEFAULT_QUEUE
from plone.app.async_.queues import AnyJob
from plone.app.async_.queues import open_queues
from plone.app.async_.roundup import Roundup
from zc.async_.testing import wait_until


def queue(job: AnyJob) -> AnyJob:
    """Put a job into the default queue and return it; also from within a job.

    It runs once the caller's transaction is committed. Raises ``NoSite``, and what ``Queue.put`` raises.
    """
    open_queues(current_portal()._p_jar)[DEFAULT_QUEUE].put(job)
    return job


def wait_for_all_jobs(seconds: float = 6, assert_successful: bool = True) -> None:
    """Wait until no job waits or runs any more, jobs that others queued meanwhile included. For tests.

    Commit before: it begins transactions of this thread. ``AssertionError`` naming the jobs that are left after
    ``seconds`` in all, or with the traceback of each job that failed, steps of batches included. It does not know of
    jobs that had ended when the present transaction began.
    """
    roundup = Roundup(open_queues(current_portal()._p_jar))
    wait_until(roundup.is_done, seconds, roundup.complaint)
    failures = roundup.failures()
    if assert_successful and failures:
        raise AssertionError("\n".join(failures))
