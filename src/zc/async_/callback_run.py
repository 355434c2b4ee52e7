"""Runs the callbacks of one job, in order, and completes it.

Each callback is begun with a commit of its own, so that a rescuer knows which one was running, and then run like any
job. The job's claim covers them all: if it is lost, the next step ends with ``ReassignedError``, and whoever has the
job now goes on with the callbacks that are not completed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from typing import Any

from transaction.interfaces import TransactionError
from ZEO.Exceptions import ClientDisconnected

from zc.async_ import clock
from zc.async_ import outage
from zc.async_.callbacks import pass_through
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import ICallbackProxy
from zc.async_.interfaces import ReassignedError
from zc.async_.interfaces import TimeoutError
from zc.async_.outcome import JOB_ERRORS
from zc.async_.retry import is_time
from zc.async_.twist import Failure


if TYPE_CHECKING:
    from zc.async_.execution import Execution
    from zc.async_.job import Job

events = logging.getLogger("zc.async.events")
trace = logging.getLogger("zc.async.trace")


class CallbackRun:
    """What is done after the commit of a job's result, in the same thread and on the same hold."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._job = execution.job
        self._attended: set[Any] = set()

    def run(self) -> None:
        """Run what is left, also what is added meanwhile. Ends early if a callback had the job put off."""
        hold = self._execution.hold
        while not hold.released:
            self._execution.begin_anew()
            callback = next((one for one in self._job.callbacks if one not in self._attended), None)
            if callback is not None:
                self._attend_to(callback)
            elif self._complete():
                return

    def _complete(self) -> bool:
        """Whether the job could be completed: not if somebody added a callback at the same moment."""
        execution, now = self._execution, clock.now()
        execution.note_waiters()
        return execution.try_commit(
            lambda: self._job.completed(execution.hold.agent, now),
            lambda: self._job.is_completed and self._job.initial_callbacks_end == now,
        )

    def _attend_to(self, callback: Any) -> None:
        """Bring one callback to its end, or look at it once more later. An error here must not stop the others."""
        execution = self._execution
        try:
            with outage.named():
                self._run(self._chosen(callback))
        except ReassignedError:
            raise
        except ClientDisconnected:  # a TransactionError, too
            execution.transactions.abort()
            execution.patience.wait()
            return
        except TransactionError:
            execution.transactions.abort()
            return
        except JOB_ERRORS:
            events.critical("callback %r to %r could not be run", callback, self._job, exc_info=True)
            execution.transactions.abort()
        self._attended.add(callback)

    def _chosen(self, callback: Any) -> Job:
        """The callback itself, or what a proxy chooses; a choice that fails is the failure of the callback."""
        while ICallbackProxy.providedBy(callback):
            try:
                callback = callback.getJob(self._job.result)
            except TransactionError:
                raise
            except JOB_ERRORS:
                failure = Failure()
                self._execution.begin_anew()
                callback = callback.choose(None)
                callback.failure_log_level = logging.CRITICAL
                self._execution.of(callback, clock.now()).settle(failure)
        return callback

    def _run(self, callback: Job) -> None:
        if callback.is_completed:
            return
        if callback.awaited:
            if callback.needs_watching:
                self._execution.of(callback, callback.active_start).watch()
            return
        if callback.status == CALLBACKS:
            self._execution.of(callback, callback.active_start).run_callbacks()
        elif callback.status == ACTIVE:
            self.interrupted(callback)
        elif callback._callable is pass_through:
            self._execution.of(callback, clock.now()).settle(self._job.result)
        elif callback.overdue(clock.now(), callback.begin_after or self._job.active_end):
            events.error("callback %r to %r expired", callback, self._job)
            self._execution.of(callback, None).settle(Failure(TimeoutError()))
        else:
            trace.debug("starting callback %r to %r", callback, self._job)
            self._start(callback)

    def interrupted(self, callback: Job) -> None:
        """Run a callback again whose worker vanished, if its retry policy agrees; else it is aborted."""
        callback.interruptions += 1
        execution = self._execution.of(callback, callback.active_start, self._job.result)
        answer = execution.ask("interrupted")
        waits = is_time(answer)
        if waits:
            events.error("callback %r cannot wait: it is tried again now", callback)
        if not answer and not waits:
            trace.debug("aborting interrupted callback %r to %r", callback, self._job)
            execution.settle(Failure(AbortedError()))
        else:
            trace.debug("retrying interrupted callback %r to %r", callback, self._job)
            self._start(callback)

    def _start(self, callback: Job) -> None:
        now, interruptions = clock.now(), callback.interruptions

        def begin() -> None:
            callback.started(now)
            if callback.interruptions != interruptions:
                callback.interruptions = interruptions

        self._execution.persist(begin)
        self._execution.of(callback, now, self._job.result).run()
