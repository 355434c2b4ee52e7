"""One run of one job, attempt after attempt, until there is an outcome; and what follows from that.

Transactions: effects, result and state are one commit on the transaction manager of the job's connection. If the
process dies before it, nothing has happened and the job is rescued. After it, the job is completed; or its callbacks
are run, each in a transaction of its own, and one more commit completes it.
"""

from __future__ import annotations

import logging
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from transaction.interfaces import TransactionError
from ZEO.Exceptions import ClientDisconnected

from zc.async_ import absent
from zc.async_ import cancel
from zc.async_ import clock
from zc.async_ import jobline
from zc.async_ import outage
from zc.async_ import outcome
from zc.async_.callback_run import CallbackRun
from zc.async_.committer import Committer
from zc.async_.hold import Begun
from zc.async_.hold import Hold
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import JobCancelled
from zc.async_.interfaces import ReassignedError
from zc.async_.joblog import Recorder
from zc.async_.joblog import recording
from zc.async_.later import Host
from zc.async_.later import OwnThread
from zc.async_.later import comes_later
from zc.async_.later import when_there
from zc.async_.picklable import picklable
from zc.async_.picklable import unstorable
from zc.async_.retry import is_time
from zc.async_.retry import moment_of
from zc.async_.retry import seconds_until
from zc.async_.terms import is_job
from zc.async_.threadlocal import local
from zc.async_.twist import Failure


if TYPE_CHECKING:
    from zc.async_.job import Job

events = logging.getLogger("zc.async.events")

AGAIN = object()


class Execution(Committer):
    """One run of one job, which may take several attempts. Lives in one thread."""

    def __init__(
        self,
        job: Job,
        hold: Hold,
        started: datetime | None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        host: Host | None = None,
    ) -> None:
        super().__init__(job, hold)
        self.started = started
        self.args = args
        self.kwargs = kwargs or {}
        self.host = host or OwnThread(job._p_jar.db())
        self.data_cache: dict[str, Any] = {}
        self.policy: Any = None
        self._left_waiting: list[Job] = []
        self._state_before = job._state
        self._recorder: Recorder | None = None

    def of(self, job: Job, started: datetime | None, *args: Any) -> Execution:
        """The run of another job on the same hold."""
        return type(self)(job, self.hold, started, args, host=self.host)

    # Beginning

    def run(self) -> Any:
        """Attempt until there is an outcome: the result, or the job itself if it will run again later."""
        with local.running(self.job), recording() as self._recorder:
            result = self._attempt()
            while result is AGAIN:
                self.begin_anew()
                if (reason := cancel.requested(self.job)) is not None:
                    return self.settle(cancel.failure(reason))
                jobline.count_retry(self.job)
                result = self._attempt()
            return result

    def resume(self) -> Any:
        """Go on with a job whose earlier worker vanished, if its retry policy agrees."""
        answer = self.ask("interrupted")
        if is_time(answer):
            answer = self.put_off(answer)
            if answer is not None:
                return answer
        return self.run() if answer else self.settle(Failure(AbortedError()))

    def go_on(self) -> Any:
        """Go on with a job that waited for another one; unless that was queued again since the claim."""
        awaited = self.job.awaited
        if not self.job.may_go_on:
            self.watch()
            return self.job
        if not all(other.is_completed for other in awaited):
            return self.settle(Failure(AbortedError("a job that it waited for was withdrawn")))
        if not self.job.runs_again:
            return self.settle(awaited[0].result)
        return self.resume() if self.job.interruptions and self.job.put_back else self.run()

    # One attempt

    def _attempt(self) -> Any:
        setup_info = failure = result = None
        phase = "jobError"
        self._state_before = self.job._state
        try:
            try:
                with outage.named():
                    absent.check(self.job)
                    setup_info = self.job.setUp()
                    result = self.job.callable(*self.job.args, *self.args, **{**self.job.kwargs, **self.kwargs})
                    self.hold.check()  # in this very transaction: the job may have begun several
                    self.record(result)
                    phase = "commitError"
                    self.host.note_commit(True)
                    self.transactions.commit()
            except outcome.JOB_ERRORS:
                failure = Failure()
                self.host.note_commit(False)
                self.transactions.abort()
            else:
                if self.job.is_completed:
                    self._log_outcome()
                    outcome.announce(self.job, self.patience)
        finally:
            outcome.tear_down(self.job, setup_info)
        if failure is None:
            return self.follow_up(result)
        return self._failed(phase, failure, result)

    def record(self, result: Any) -> None:
        """Write the outcome and what the retry policy knows into the job's record."""
        self.note_waiters()
        if self.policy is not None and self.data_cache:
            self._keep_policy()
        self._keep_log()
        outcome.record(self.job, self.hold.agent, self.started, result)

    def _keep_policy(self) -> None:
        if self.policy is not None:
            self.job._retry_policy = self.policy
            self.policy.updateData(self.data_cache)

    def _keep_log(self) -> None:
        if self._recorder is not None:
            self.job.keep_log(self._recorder.lines)

    # After a failed attempt

    def _failed(self, phase: str, failure: Failure, result: Any) -> Any:
        if failure.check(ReassignedError):
            failure.raiseException()
        was_done = phase == "commitError"
        if was_done and _is_to_blame(result, failure):
            phase, failure = "jobError", Failure(unstorable(result))
        if was_done and failure.check(ClientDisconnected) and self.begin_with(self._was_stored):
            return self.follow_up(result, announced=False)
        self.begin_anew()
        if failure.check(JobCancelled):
            return self.settle(failure)
        answer = self.ask(phase, failure, self.data_cache)
        if is_time(answer):
            if failure.check(ClientDisconnected):
                self.patience.wait(seconds_until(answer))
                return AGAIN
            answer = self.put_off(answer)
            if answer is not None:
                return answer
        if answer:
            return AGAIN
        if was_done:
            outcome.log_lost(self.job, result)
        return self.settle(failure)

    def _was_stored(self) -> bool:
        """Whether a commit whose answer was lost has stored this attempt's outcome: then it must not be made again."""
        return self.job._state != self._state_before and self.job.active_start == self.started

    def ask(self, method: str, *args: Any) -> Any:
        """The retry policy's answer; no, if it cannot be made or asked."""
        while True:
            try:
                if self.policy is None:
                    self.policy = self.job.getRetryPolicy()
                return getattr(self.policy, method)(*args)
            except ClientDisconnected:
                self.patience.wait()
            except outcome.JOB_ERRORS:
                events.error("the retry policy of %r failed; it is not tried again", self.job, exc_info=True)
                self.begin_anew()
                return False
            self.begin_anew()

    def put_off(self, when: datetime | timedelta) -> Any:
        """Give the job back until then, and return it; None if that is not possible.

        With a callback, the job that it belongs to is put off, and goes on with its callbacks then.
        """
        root = self.hold.job
        queue = root.queue
        if queue is None:
            events.critical("%r cannot be tried later: it is in no queue", self.job)
            return None
        moment = moment_of(when)
        at_once = moment <= clock.now()
        if at_once and root is not self.job:
            return AGAIN

        def give_back() -> None:
            self._keep_policy()
            self._keep_log()
            self.job.not_started()
            self.job.has_begun = True
            if at_once:
                queue.putBack(root)
            else:
                root.put_off(moment)
                queue.enter_again(root)

        ending = jobline.of_delay(self.job, self.started, moment)
        try:
            self.give_up(root, give_back)
        except ReassignedError:
            raise
        except outcome.JOB_ERRORS:
            events.error("%r could not be put off", self.job, exc_info=True)
            self.transactions.abort()
            self.begin_anew()
            return None
        self.hold.released = True
        jobline.tell(ending)
        return self.job

    # Storing an outcome

    def settle(self, result: Any) -> Any:
        """Store a result that did not come from an attempt, whatever conflicts that meets, and go on from there."""
        self.store(result)
        return self.follow_up(result, announced=False)

    def store(self, result: Any) -> None:
        """Commit a result as the outcome. What cannot be stored is reduced until it can, in the end to plain text."""
        while True:
            try:
                return self.persist(lambda result=result: self.record(result), self._was_stored)  # type: ignore[misc]
            except ReassignedError:
                raise
            except outcome.JOB_ERRORS:
                problem = Failure()
                self.transactions.abort()
                events.error("the outcome of %r could not be stored as it is", self.job, exc_info=True)
                if self.data_cache:
                    self.data_cache = {}
                else:
                    result = outcome.reduced(result, problem)
                self.begin_anew()

    # What follows

    def follow_up(self, result: Any, announced: bool = True) -> Any:
        """Do what an outcome calls for once it is committed; the job's result as far as it is known."""
        job = self.job
        if job.is_completed:
            if not announced:
                self._log_outcome()
                self._announce()
            self._let_waiters_go_on()
            return job.result
        self.host.note_commit(False)
        if job.status == CALLBACKS:
            self._log_outcome()
            return self.run_callbacks()
        if comes_later(result):
            host, oid, name = self.host, job._p_oid, job._p_jar.db().database_name
            key = clock.to_micros(job.active_start)  # type: ignore[arg-type]
            when_there(result, lambda value: host.come_back(oid, name, key, value))
        elif job.needs_watching:
            self.begin_anew()
            self.watch()
        return result

    def watch(self) -> None:
        """Have the queue watch what the job waits for."""
        self.give_up(self.job, lambda: self.job.queue.watched.add(self.job))  # type: ignore[union-attr]

    def run_callbacks(self) -> Any:
        """Run the callbacks that are left, and complete the job."""
        CallbackRun(self).run()
        if self.hold.released:
            return self.job
        self._announce()
        self._let_waiters_go_on()
        return self.job.result

    def _log_outcome(self) -> None:
        self.begin_with(lambda: outcome.log_outcome(self.job), begun=True)

    def _announce(self) -> None:
        with local.running(self.job):
            outcome.announce_in_environment(self.job, self.patience)

    def note_waiters(self) -> None:
        """Remember who waits for the job and is in no queue; the others go on by themselves when it ends."""
        self._left_waiting = [waiter for waiter in filter(is_job, self.job.waiters) if waiter.queue is None]

    def _let_waiters_go_on(self) -> None:
        for waiter in self._left_waiting:
            try:
                started = self.begin_with(lambda waiter=waiter: waiter.active_start)  # type: ignore[misc]
                type(self)(waiter, Begun(waiter, started), started, host=self.host).go_on()
            except outcome.JOB_ERRORS:
                events.critical("%r could not go on", waiter, exc_info=True)
                self.transactions.abort()


def _is_to_blame(result: Any, failure: Failure) -> bool:
    """Whether the commit failed because the result cannot be stored: it would fail each time."""
    if failure.check(TransactionError, ClientDisconnected) or comes_later(result):
        return False
    return picklable(result) is not None
