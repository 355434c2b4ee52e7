"""What a job's run came to: written into its record, logged, and announced."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from transaction.interfaces import TransientError
from ZEO.Exceptions import ClientDisconnected
from zope.event import notify

from zc.async_ import clock
from zc.async_ import jobline
from zc.async_ import metrics
from zc.async_ import outage
from zc.async_.describe import custom_repr
from zc.async_.errors import is_conflict
from zc.async_.failures import isFailure
from zc.async_.interfaces import IJob
from zc.async_.interfaces import JobCompleted
from zc.async_.later import comes_later
from zc.async_.outage import transactions_of
from zc.async_.twist import Failure
from zc.async_.twist import ReducedError
from zc.async_.twist import sanitize
from zc.async_.waiting import Again


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.job import Job
    from zc.async_.patience import Patience

events = logging.getLogger("zc.async.events")
trace = logging.getLogger("zc.async.trace")

JOB_ERRORS = BaseException
"""Whatever a job's code raises is the job's failure: neither ``sys.exit()`` nor a cancelled task of ``asyncio`` in it
must end the worker thread."""

ANNOUNCEMENTS = 5
"""Times that subscribers hear of an outcome while what they do about it meets conflicts."""

TEXT_KEPT = 4000
"""Characters of a failure that could be stored as text only."""


def record(job: Job, agent: Agent | None, started: datetime | None, result: Any) -> None:
    """Write what the job's code returned, or its Failure, into its record. The caller commits.

    A job as the result means waiting for it, unless it is completed already; a Deferred or future leaves the job
    ACTIVE.
    """
    other: Any = result if IJob.providedBy(result) else None
    if isinstance(result, Again):
        job.wait_for(result.jobs, started, runs_again=True)
    elif comes_later(result):
        job.started(clock.now() if started is None else started)
    elif other is None:
        job.finished(agent, started, clock.now(), sanitize(result) if isFailure(result) else result)
    elif other.is_completed:
        job.finished(agent, started, clock.now(), other.result)
    else:
        job.wait_for((other,), started, runs_again=False)


def reduced(result: Any, problem: Failure) -> Any:
    """What to store instead of a result that met this problem when it was stored; raises it when nothing is left."""
    if not isFailure(result):
        return problem
    if isinstance(result.value, ReducedError) and not result.frames:
        problem.raiseException()
    return Failure(ReducedError(result.getErrorMessage()[:TEXT_KEPT]))


def log_outcome(job: Job) -> None:
    """Tell of a success in the trace, of a failure at the job's level, and of both in a line."""
    line = jobline.of_outcome(job)
    if isFailure(job.result):
        events.log(_failure_level(job), "%s failed with traceback:\n%s", job.title, job.result.getTraceback())
    else:
        trace.info("%s succeeded with result: %s", job.title, custom_repr(job.result))
    jobline.tell(line)


def log_lost(job: Job, result: Any) -> None:
    """Tell of an outcome that is lost because it could not be committed."""
    if isFailure(result):
        events.log(_failure_level(job), "Commit failed for %s. Prior traceback:\n%s", job.title, result.getTraceback())
    else:
        events.info("Commit failed for %s. Prior result: %s", job.title, custom_repr(result))


def _failure_level(job: Job) -> int:
    return logging.ERROR if job.failure_log_level is None else job.failure_log_level


def announce(job: Job, patience: Patience) -> None:
    """Send IJobCompleted and commit what its subscribers did, both again after a conflict or an outage of the server.

    Other errors of subscribers are logged only.
    """
    transactions = transactions_of(job._p_jar)
    attempts_left = ANNOUNCEMENTS
    while True:
        try:
            with outage.named():
                transactions.begin()
                notify(JobCompleted(job, not isFailure(job.result)))
            transactions.commit()
            return
        except ClientDisconnected:
            transactions.abort()
            patience.wait()
        except JOB_ERRORS as error:
            transactions.abort()
            attempts_left -= 1
            if not attempts_left or not is_conflict(error):
                events.error("a subscriber to the completion of %r failed", job, exc_info=True)
                return


def log_cancelled(job: Job) -> None:
    """Tell in a line of a job that was cancelled before it ran, once the transaction of who cancels is committed."""
    metrics.after_commit(job._p_jar, jobline.tell, jobline.of_outcome(job))


def announce_cancelled(job: Job) -> None:
    """Send IJobCompleted for a job that was cancelled before it ran, in the transaction of the one who cancels.

    What a subscriber did before an error is undone; the error is logged only. A conflict or an absent server is for the
    one who cancels to deal with, as is what ends a program.
    """
    savepoint = job._p_jar.transaction_manager.savepoint(optimistic=True)
    try:
        with outage.named():
            notify(JobCompleted(job, succeeded=False))
    except TransientError:
        raise
    except Exception:  # anybody's subscriber; the job is cancelled whatever it does
        events.error("a subscriber to the completion of %r failed", job, exc_info=True)
        savepoint.rollback()


def announce_in_environment(job: Job, patience: Patience) -> None:
    """Announce a job whose end did not come in an attempt of its own, with its environment set up for that."""
    setup_info = _set_up(job, patience)
    try:
        announce(job, patience)
    finally:
        tear_down(job, setup_info)


def _set_up(job: Job, patience: Patience) -> Any:
    """What setting up the job's environment gives, however long the server is away; None if it fails."""
    while True:
        try:
            with outage.named():
                transactions_of(job._p_jar).begin()
                return job.setUp()
        except ClientDisconnected:
            tear_down(job, None)
            patience.wait()
        except JOB_ERRORS:
            trace.info("the end of %r is announced without its environment", job, exc_info=True)
            return None


def tear_down(job: Job, setup_info: Any) -> None:
    """Undo ``setUp`` of an attempt; an error in it changes nothing."""
    try:
        job.tearDown(setup_info)
    except JOB_ERRORS:
        events.critical("tearDown of %r failed", job, exc_info=True)
        transactions_of(job._p_jar).abort()
