"""Runs one job: prepare, call, store the outcome, commit; and what is done when one of these fails.

Transactions: effects, result and state are one commit on the transaction manager of the job's connection. If the
process dies before it, nothing has happened and the job is rescued; after it, the job is completed. Ownership: whoever
takes a job away from a worker (rescue) writes the job's record, so the commit of the former owner conflicts, and each
new attempt checks first that the job is still this worker's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from transaction.interfaces import TransactionError
from twisted.python import failure as twisted_failure
from ZEO.Exceptions import ClientDisconnected
from zope.event import notify

from zc.async_ import clock
from zc.async_.describe import custom_repr
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import JobCompleted
from zc.async_.interfaces import ReassignedError
from zc.async_.interfaces import TimeoutError
from zc.async_.threadlocal import local
from zc.async_.twist import Failure
from zc.async_.twist import sanitize


if TYPE_CHECKING:
    from zc.async_.job import Job

events = logging.getLogger("zc.async.events")
trace = logging.getLogger("zc.async.trace")

JOB_ERRORS = (Exception, SystemExit, KeyboardInterrupt, GeneratorExit)
"""Whatever a job's code raises is the job's failure; ``sys.exit()`` in it must not end the worker thread."""

LONGEST_WAIT = timedelta(seconds=60)
WAIT_STEP = timedelta(seconds=5)

AGAIN = object()


def execute(job: Job, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
    """Run a NEW or ASSIGNED job in this thread, with further arguments; its result, or the job if it was put off."""
    status = job.status
    if status not in (NEW, ASSIGNED):
        raise BadStatusError("can only call a job with NEW or ASSIGNED status")
    if job._p_jar is None:
        raise BadStatusError("can only call a job that is in a database: add it to one and commit first")
    job.started(clock.now())
    job._p_jar.transaction_manager.commit()
    return Execution(job, job.active_start, args, kwargs or {}).run()


def perform(job: Job, key: int, note_commit: Callable[[bool], object]) -> Any:
    """Run a job that was started with its claim, in a worker thread. ``key`` is the claim's.

    ``note_commit`` is called with True when the commit of an attempt begins, with False when it failed.
    Raises :class:`ReassignedError` when the claim is no longer valid.
    """
    started = clock.from_micros(key)
    execution = Execution(job, started, (), {}, key, note_commit)
    execution.check_owner()
    if job.expired(started):
        return execution.finish(_failure_of(TimeoutError()))
    if job.interruptions and job.put_back:
        return execution.resume()
    return execution.run()


def fail(job: Job, error: BaseException) -> None:
    """End a job that was not started, with a failure as its result. Commits."""
    if job.status == PENDING:
        job.parent.remove(job)
    Execution(job, None, (), {}).store(_failure_of(error))


class Execution:
    """One run of one job, which may take several attempts."""

    def __init__(
        self,
        job: Job,
        started: datetime | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        claim_key: int | None = None,
        note_commit: Callable[[bool], object] = bool,
    ) -> None:
        self.job = job
        self.started = started
        self.args = args
        self.kwargs = kwargs
        self.claim_key = claim_key
        self.note_commit = note_commit
        self.agent = job.agent
        self.transactions = job._p_jar.transaction_manager
        self.data_cache: dict[str, Any] = {}
        self.policy: Any = None
        self.waits = 0

    def run(self) -> Any:
        """Attempt until there is an outcome."""
        local.job = self.job
        try:
            outcome = self._attempt()
            while outcome is AGAIN:
                self.transactions.begin()
                self.check_owner()
                outcome = self._attempt()
            return outcome
        finally:
            local.job = None

    def resume(self) -> Any:
        """Go on with a job whose earlier worker vanished, if its retry policy agrees."""
        answer = self._ask("interrupted")
        if _is_time(answer):
            return self._reschedule(answer)
        return self.run() if answer else self.finish(_failure_of(AbortedError()))

    def check_owner(self) -> None:
        """Raise :class:`ReassignedError` unless the job is still this worker's, in the present transaction."""
        if self.claim_key is None:
            owned = self.job.status == ACTIVE or self.started is None
        else:
            claim = None if self.agent is None or self.job.is_completed else self.agent.claim_of(self.job)
            owned = claim is not None and claim.key == self.claim_key
        if not owned:
            events.error("%r was reassigned: another process works on it now", self.job)
            raise ReassignedError()

    # One attempt

    def _attempt(self) -> Any:
        setup_info = None
        phase = "jobError"
        try:
            try:
                setup_info = self.job.setUp()
                result = self.job.callable(*self.job.args, *self.args, **{**self.job.kwargs, **self.kwargs})
                phase = "commitError"
                self._record(result)
                self.note_commit(True)
                self.transactions.commit()
            except JOB_ERRORS:
                failure = Failure()
                self.note_commit(False)
                self.transactions.abort()
            else:
                _log_outcome(self.job)
                self.transactions.begin()
                self._announce()
                return self.job.result
        finally:
            self._tear_down(setup_info)
        return self._failed(phase, failure)

    def _record(self, result: Any) -> None:
        """Store the outcome. The owner is checked in this very transaction: the job may have begun several."""
        self.check_owner()
        if isinstance(result, twisted_failure.Failure):
            result = sanitize(result)
        if self.policy is not None and self.data_cache:
            self.job._retry_policy = self.policy
            self.policy.updateData(self.data_cache)
        self.job.finished(self.agent, self.started, clock.now(), result)

    def _tear_down(self, setup_info: Any) -> None:
        try:
            self.job.tearDown(setup_info)
        except JOB_ERRORS:
            events.critical("tearDown of %r failed", self.job, exc_info=True)
            self.transactions.abort()

    def _announce(self) -> None:
        try:
            notify(JobCompleted(self.job, not isinstance(self.job.result, twisted_failure.Failure)))
            self.transactions.commit()
        except JOB_ERRORS:
            events.error("a subscriber to the completion of %r failed", self.job, exc_info=True)
            self.transactions.abort()

    # After a failed attempt

    def _failed(self, phase: str, failure: Failure) -> Any:
        if failure.check(ReassignedError):
            failure.raiseException()
        if failure.check(ClientDisconnected):
            self._wait_for_database()
        self.transactions.begin()
        self.check_owner()
        answer = self._ask(phase, failure, self.data_cache)
        if _is_time(answer):
            return self._reschedule(answer)
        return AGAIN if answer else self.finish(failure)

    def _ask(self, method: str, *args: Any) -> Any:
        """The policy's answer; no, if it cannot be made or asked."""
        try:
            if self.policy is None:
                self.policy = self.job.getRetryPolicy()
            return getattr(self.policy, method)(*args)
        except JOB_ERRORS:
            events.error("the retry policy of %r failed; it is not tried again", self.job, exc_info=True)
            self.transactions.begin()
            self.check_owner()
            return False

    def _reschedule(self, when: datetime | timedelta) -> Any:
        now = clock.now()
        moment = now + when if isinstance(when, timedelta) else when
        queue = self.job.queue
        if queue is None:
            events.critical("%r cannot be tried later: it is in no queue", self.job)
            return self.finish(_failure_of(AbortedError()))
        if self.data_cache:
            self.policy.updateData(self.data_cache)
        self.job.put_off(max(moment, now))
        queue.enter_again(self.job)
        self.transactions.commit()
        return self.job

    def finish(self, failure: Failure) -> Any:
        """Store a failure as the outcome, whatever conflicts that meets."""
        self.store(failure)
        _log_outcome(self.job)
        self.transactions.begin()
        setup_info = None
        try:
            setup_info = self.job.setUp()
        except JOB_ERRORS:
            trace.info("the failure of %r is announced without its environment", self.job, exc_info=True)
            self.transactions.begin()
        try:
            self._announce()
        finally:
            self._tear_down(setup_info)
        return self.job.result

    def store(self, failure: Failure) -> None:
        """Commit a failure as the outcome; begins anew and checks the owner after a conflict."""
        while True:
            try:
                self._record(failure)
                self.transactions.commit()
                return
            except ClientDisconnected:
                self.transactions.abort()
                self._wait_for_database()
            except TransactionError:
                self.transactions.abort()
            self.transactions.begin()
            self.check_owner()

    def _wait_for_database(self) -> None:
        """Wait until the server may be back, or the dispatcher stops. There is nothing else a thread could do."""
        self.waits += 1
        seconds = min(LONGEST_WAIT, self.waits * WAIT_STEP).total_seconds()
        dispatcher = local.dispatcher
        if dispatcher is None:
            time.sleep(seconds)
        elif dispatcher.stopping.wait(seconds):
            raise ReassignedError("the dispatcher stops while the database server is away")


def _failure_of(error: BaseException) -> Failure:
    return Failure(error)


def _is_time(answer: Any) -> bool:
    return isinstance(answer, (datetime, timedelta))


def _log_outcome(job: Job) -> None:
    if isinstance(job.result, twisted_failure.Failure):
        level = logging.ERROR if job.failure_log_level is None else job.failure_log_level
        events.log(level, "%s failed with traceback:\n%s", job.title, job.result.getTraceback())
    else:
        trace.info("%s succeeded with result: %s", job.title, custom_repr(job.result))
