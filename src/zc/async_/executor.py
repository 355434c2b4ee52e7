"""Runs jobs: the ways in. What happens in a run is told in ``execution``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import cancel
from zc.async_ import clock
from zc.async_.callback_run import CallbackRun
from zc.async_.execution import Execution
from zc.async_.hold import Begun
from zc.async_.hold import Claimed
from zc.async_.hold import Hold
from zc.async_.hold import Unstarted
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import NEW
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import TimeoutError
from zc.async_.later import Host
from zc.async_.retry import is_time
from zc.async_.twist import Failure


if TYPE_CHECKING:
    from zc.async_.job import Job


def execute(job: Job, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
    """Run a NEW or ASSIGNED job in this thread, with further arguments; its result, or the job if it was put off."""
    if job.status not in (NEW, ASSIGNED):
        raise BadStatusError("can only call a job with NEW or ASSIGNED status")
    if job._p_jar is None:
        raise BadStatusError("can only call a job that is in a database: add it to one and commit first")
    return _begin(job, args, kwargs)


def execute_callback(callback: Job) -> Any:
    """Run a callback that was added to a job without queue after that was completed."""
    return _begin(callback, (callback.caller.result,))  # type: ignore[union-attr]


def _begin(job: Job, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> Any:
    job.started(clock.now())
    job._p_jar.transaction_manager.commit()
    return Execution(job, Begun(job, job.active_start), job.active_start, args, kwargs).run()


def perform(job: Job, key: int, host: Host) -> Any:
    """Run or go on with a job that was claimed and started, in a worker thread. ``key`` is the claim's.

    Raises :class:`ReassignedError` when the claim is no longer valid.
    """
    hold = Claimed(job, key)
    hold.check()
    claimed = clock.from_micros(key)
    caller = job.caller
    args = () if caller is None else (caller.result,)
    started = claimed if job.is_untouched else job.active_start or claimed
    execution = Execution(job, hold, started, args, host=host)
    if job.status == CALLBACKS:
        return execution.run_callbacks()
    reason = cancel.requested(job)
    if reason is not None:
        return execution.settle(cancel.failure(reason))
    if job.awaited:
        return execution.go_on()
    if job.expired(claimed):
        return execution.settle(Failure(TimeoutError()))
    if job.interruptions and job.put_back:
        return execution.resume()
    return execution.run()


def deliver(job: Job, key: int, value: Any, host: Host) -> Any:
    """Store the result of a job that returned a promise of it. ``key`` tells when the job was started.

    Raises :class:`ReassignedError` when the job was given to somebody else meanwhile.
    """
    hold: Hold = Begun(job, clock.from_micros(key))
    hold.check()
    claim = None if hold.agent is None else hold.agent.claim_of(job)
    if claim is not None:
        hold = Claimed(job, claim.key)
    return Execution(job, hold, job.active_start, host=host).settle(value)


def fail(job: Job, error: BaseException) -> None:
    """End a job that was not started, with a failure as its result. Commits."""
    hold: Hold = Unstarted(job)
    hold.check()
    execution = Execution(job, hold, None)
    failure = Failure(error)
    execution.store(failure)
    execution.hold = Begun(job, None)
    execution.follow_up(failure, announced=False)


def resume_callbacks(job: Job) -> None:
    """Run the callbacks that are left, in this thread. Commits."""
    Execution(job, Begun(job, job.active_start), job.active_start).run_callbacks()


def handle_interrupt(job: Job) -> None:
    """Let the retry policy of a job whose worker has vanished say what becomes of it. Commits."""
    if job.status == CALLBACKS:
        resume_callbacks(job)
    elif not job.awaited:
        job.interruptions += 1
        execution = Execution(job, Begun(job, job.active_start), job.active_start)
        answer = execution.ask("interrupted")
        if not answer and not is_time(answer):
            execution.settle(Failure(AbortedError()))
        elif job.queue is not None:
            execution.put_off(answer if is_time(answer) else timedelta())
        else:
            job.not_started()
            execution.transactions.commit()


def handle_callback_interrupt(callback: Job, caller: Job) -> None:
    """The same for a callback, which is run again in this thread. Commits."""
    execution = Execution(caller, Begun(caller, caller.active_start), caller.active_start)
    CallbackRun(execution).interrupted(callback)
