"""Runs jobs in tests: inline, right after the commit that queued them, or when asked to empty the queues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import transaction

from plone.app.async_ import environment
from plone.app.async_.queues import queues_connection
from zc.async_ import draining
from zc.async_.draining import ended_jobs
from zc.async_.errors import NotCommitted
from zc.async_.inline import SECONDS
from zc.async_.inline import run_at_commit


if TYPE_CHECKING:
    from ZODB.Connection import Connection
    from ZODB.DB import DB

    from zc.async_.job import Job

INTEGRATION = (
    "jobs run after a commit, and a test in an integration layer commits nothing. Look at its jobs with "
    "assert_queued, or use PLONE_APP_ASYNC_FUNCTIONAL_TESTING, or a FunctionalTesting layer of your own over "
    "PLONE_APP_ASYNC_FIXTURE"
)

_told: WeakKeyDictionary[DB, set[bytes]] = WeakKeyDictionary()
"""The ended jobs that a test knows of, by the databases of tests."""


class InlineJobs:
    """What ran inline."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before = {job._p_oid for job in ended_jobs(connection)}

    @property
    def jobs(self) -> list[Job]:
        """The jobs that have ended since it began, in that order."""
        return [job for job in ended_jobs(self._connection) if job._p_oid not in self._before]


@contextmanager
def inline_jobs(raise_failures: bool = True, seconds: float = SECONDS) -> Iterator[InlineJobs]:
    """Until the end of the block, let jobs run right after each commit of this thread, in this thread.

    They run as in a worker: as their user, in their site and request, with a connection and transactions of their own,
    within quotas, with retries and callbacks; then the test has its own site, user and request again, and sees what
    they did. Jobs that they queue run, too. Delayed jobs wait for a :func:`drain`. Other workers of this process rest.

    A commit never fails because of its jobs, as in life. At the end, :class:`JobsFailed` shows the tracebacks of those
    that failed, unless an earlier ``drain`` has returned them, or ``raise_failures`` is false. :class:`NotCommitted` is
    raised for jobs that were never committed, and at once in integration tests. Jobs that keep queueing others are
    left after ``seconds``.
    """
    connection = _connection()
    _news(connection)
    jobs = InlineJobs(connection)
    with run_at_commit(connection, seconds):
        yield jobs
    if raise_failures:
        draining.raise_failures(_news(connection))


def drain(seconds: float = 6, ahead: timedelta = draining.NO_TIME, raise_failures: bool = True) -> list[Job]:
    """Commit, and come back when all jobs that are due are done, and what they queued.

    Returns the jobs that have ended and that no earlier ``drain`` of the test returned, in that order. A worker of the
    test's layer does the work; without one it is done here, in this thread, as by :func:`inline_jobs`. ``ahead`` is how
    much later it is meanwhile, so that delayed jobs are due. Raises :class:`JobsLeft` after ``seconds``,
    :class:`JobsFailed` if one of the jobs failed and ``raise_failures`` is true, and :class:`NotCommitted` in
    integration tests.
    """
    connection = _connection()
    transaction.commit()
    draining.drain(connection, seconds, ahead)
    jobs = _news(connection)
    if raise_failures:
        draining.raise_failures(jobs)
    return jobs


def _connection() -> Connection:
    """The test's connection to the queues; ``NotCommitted`` where ``transaction.commit`` is not itself."""
    if transaction.commit != transaction.manager.commit:
        raise NotCommitted(INTEGRATION)
    return queues_connection(environment.current_portal()._p_jar)


def _news(connection: Connection) -> list[Job]:
    told = _told.setdefault(connection.db(), set())
    jobs = [job for job in ended_jobs(connection) if job._p_oid not in told]
    told.update(job._p_oid for job in jobs)
    return jobs
