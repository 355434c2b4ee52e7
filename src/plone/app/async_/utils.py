"""Queueing a job in one call, and waiting for all jobs in tests."""

from __future__ import annotations

from plone.app.async_.environment import current_portal
from plone.app.async_.queues import DEFAULT_QUEUE
from plone.app.async_.queues import AnyJob
from plone.app.async_.queues import open_queues
from zc.async_.draining import drain
from zc.async_.draining import ended_jobs
from zc.async_.draining import raise_failures


def queue(job: AnyJob) -> AnyJob:
    """Put a job into the default queue and return it; also from within a job.

    It runs once the caller's transaction is committed. Raises ``NoSite``, and what ``Queue.put`` raises.
    """
    open_queues(current_portal()._p_jar)[DEFAULT_QUEUE].put(job)
    return job


def wait_for_all_jobs(seconds: float = 6, assert_successful: bool = True) -> None:
    """Wait until all jobs that are due are done, and those that they queued. For tests; ``testing.drain`` can do more.

    Commit before: it begins transactions of this thread. Where no worker is in the process, the jobs run here. Raises
    ``JobsLeft`` after ``seconds`` in all, and ``JobsFailed`` with the tracebacks of jobs that failed, steps of batches
    included; both are an ``AssertionError``. Jobs that had ended when the present transaction began do not count.
    """
    connection = open_queues(current_portal()._p_jar)._p_jar
    before = {job._p_oid for job in ended_jobs(connection)}
    drain(connection, seconds)
    if assert_successful:
        raise_failures(job for job in ended_jobs(connection) if job._p_oid not in before)
