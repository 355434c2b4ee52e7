"""Batches: jobs that run one after the other or side by side, and what is made of their results.

A batch is an ordinary job. Each time it runs it queues what is due and waits for that; when it has ended, the batch
runs again. Each of its runs is one transaction that does nothing twice: jobs that were queued before are no longer
NEW. So order and completeness survive any interruption, and while it waits it holds no thread or agent slot, and no
place in a quota unless it ``keeps_places``.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

from zc.async_.callbacks import as_job
from zc.async_.failures import isFailure
from zc.async_.interfaces import NEW
from zc.async_.interfaces import BadStatusError
from zc.async_.job import Job
from zc.async_.threadlocal import local
from zc.async_.waiting import Again


if TYPE_CHECKING:
    from zc.async_.queue import Queue

ONE_KEYWORD = "only accepts one keyword argument, ``postprocess``"


def serial(*jobs: Any, stop_on_failure: bool = False, **kwargs: Any) -> Job:
    """A job that runs these, strictly one after the other, and then ``postprocess`` with all of them as arguments.

    Put it into a queue: its parts run there. Its result is that of ``postprocess``, by default a tuple of the jobs,
    each with its own ``result``. BEWARE: a failing job does not stop those after it, and the batch as a whole succeeds;
    see :func:`failed_jobs`. With ``stop_on_failure=True`` the first failure is the result of the batch; the jobs after
    it stay NEW and there is no ``postprocess``. Jobs may be appended to ``args`` as long as one before them is not
    completed.
    """
    batch = _batch(run_serial, jobs, kwargs)
    if stop_on_failure:
        batch.kwargs["stop_on_failure"] = True
    return batch


def parallel(*jobs: Any, **kwargs: Any) -> Job:
    """A job that runs these side by side, as far as there are threads and quotas, and then ``postprocess``.

    Otherwise as :func:`serial`.
    """
    return _batch(run_parallel, jobs, kwargs)


def failed_jobs(batch: Job) -> list[Job]:
    """The jobs of a batch, and of batches in it, that failed; for use in ``postprocess`` or afterwards."""
    return [job for job in steps(batch) if isFailure(job.result)]


def is_batch(job: Job) -> bool:
    """Whether a job is a batch, of whatever class."""
    return job._callable is run_serial or job._callable is run_parallel


def steps(batch: Job) -> Iterator[Job]:
    """The jobs of a batch, and of batches in it."""
    for job in batch.args:
        if isinstance(job, Job):
            yield job
            if is_batch(job):
                yield from steps(job)


def _batch(schedule: Callable[..., Any], jobs: tuple[Any, ...], kwargs: dict[str, Any]) -> Job:
    postprocess = kwargs.pop("postprocess", None)
    if kwargs:
        raise TypeError(ONE_KEYWORD)
    batch = Job(schedule, *map(as_job, jobs))
    if postprocess is not None:
        batch.kwargs["postprocess"] = as_job(postprocess)
    return batch


def run_serial(*jobs: Job, postprocess: Job | None = None, stop_on_failure: bool = False) -> Any:
    """What a serial batch calls each time it runs."""
    queue = _queue()
    for job in jobs:
        if not job.is_completed:
            _put(queue, job)
            return Again(job)
        if stop_on_failure and isFailure(job.result):
            return job.result
    return _conclude(queue, jobs, postprocess)


def run_parallel(*jobs: Job, postprocess: Job | None = None) -> Any:
    """What a parallel batch calls each time it runs."""
    queue = _queue()
    for job in jobs:
        _put(queue, job)
    left = [job for job in jobs if not job.is_completed]
    if left:
        return Again(*left)
    return _conclude(queue, jobs, postprocess)


def _conclude(queue: Queue, jobs: tuple[Job, ...], postprocess: Job | None) -> Any:
    if postprocess is None:
        return jobs
    if postprocess.status == NEW:
        postprocess.args.extend(jobs)
    _put(queue, postprocess)
    return postprocess


def _put(queue: Queue, job: Job) -> None:
    if job.status == NEW:
        queue.put(job)


def _queue() -> Queue:
    batch = local.getJob()
    queue = None if batch is None else batch.queue
    if queue is None:
        raise BadStatusError("serial and parallel jobs must be put into a queue")
    return queue
