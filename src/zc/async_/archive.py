"""Completed jobs, one by one: forgetting one before its time, and queueing a failed one again.

Both write the archive that the job is in, its record, and nothing that running jobs write. Of two who act on the same
job at once, one conflicts and then finds what the other did. All in the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import states
from zc.async_ import timeline
from zc.async_.describe import shortened
from zc.async_.failures import isFailure
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import ICallbackProxy


if TYPE_CHECKING:
    from zc.async_.callbacks import Callbacks
    from zc.async_.job import Job
    from zc.async_.queue import Queue

MESSAGE_KEPT = 200
"""Characters of the earlier failure that the timeline keeps."""


def forget(job: Job) -> None:
    """See ``Job.forget``."""
    job.require_status(states.before("forget"), "call forget", "COMPLETED")
    _take_out(job, _queue_of(job, "forget"))
    job.parent = None


def requeue(job: Job, details: str) -> None:
    """See ``Job.requeue``."""
    job.require_status(states.before("requeue"), "call requeue", "COMPLETED")
    queue = _queue_of(job, "requeue")
    if not isFailure(job.result):
        raise BadStatusError("can only call requeue on a job that has failed or was cancelled")
    if not all(callback.is_completed for callback in _callbacks(job)):
        raise BadStatusError("can only call requeue on a job whose callbacks have ended")
    queue.check_quota_names(job.quota_names)
    job.check_picklable()
    _begin_anew(job, queue)
    job.note(timeline.RETRIED, details)
    queue.put(job)


def _queue_of(job: Job, act: str) -> Queue:
    queue = job.queue
    if job.caller is not None or queue is None:
        raise BadStatusError(f"can only call {act} on a job that was in a queue itself")
    return queue


def _take_out(job: Job, queue: Queue) -> None:
    """Strike a job from the archive that it is in, if it is still kept."""
    agent = job.agent
    if agent is None or not agent.forget(job):
        queue.cancelled.forget(job)
    queue.live.forget([job])


def _begin_anew(job: Job, queue: Queue) -> None:
    """Make a job NEW, with its callbacks, and of a batch the parts that have to run again."""
    _repeat_parts(job, queue)
    _take_out(job, queue)
    job.keep_course(shortened(" ".join(job.result.getErrorMessage().split()), MESSAGE_KEPT, "[...]"))
    _renew_callbacks(job)
    job.renewed()


def _repeat_parts(batch: Job, queue: Queue) -> bool:
    """Make the failed parts of a batch NEW, however deep; whether there were any."""
    from zc.async_.workflow import is_batch  # it is built on jobs

    if not is_batch(batch):
        return False
    ended = [part for part in batch.args if part.is_completed]
    again = [part for part in ended if _repeat_parts(part, queue) or isFailure(part.result)]
    postprocess = batch.kwargs.get("postprocess")
    if postprocess is not None and postprocess.is_completed:
        del postprocess.args[len(postprocess.args) - len(batch.args) :]  # the batch appends them once more
        again.append(postprocess)
    for part in again:
        _take_out(part, queue)
        _renew_callbacks(part)
        part.renewed()
    return bool(again)


def _callbacks(holder: Callbacks) -> list[Job]:
    """All callbacks that a result has led to."""
    found: list[Job] = []
    for callback in holder.callbacks:
        job = callback.job if ICallbackProxy.providedBy(callback) else callback
        if job is not None:
            found += [job, *_callbacks(job)]
    return found


def _renew_callbacks(holder: Callbacks) -> None:
    for callback in holder.callbacks:
        chosen: Any = callback
        if ICallbackProxy.providedBy(callback):
            chosen = callback.job
        if chosen is not None:
            _renew_callbacks(chosen)
            chosen.renewed()
        if chosen is not callback:
            callback.reopen()
