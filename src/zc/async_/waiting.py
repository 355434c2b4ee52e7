"""A job whose result is another job: it waits, and goes on when that one has ended.

A waiting job is shown as ACTIVE, but its claim is void: it holds neither a thread nor a place with an agent, and a
place in a quota only if its class ``keeps_places``. Such a job must not wait for one that needs a place in the same
quota, whether directly or through others in between: that would be for ever, and is refused.

Nobody must write the record of a job that may be running, or what that one did would be in vain. So there are two ways
to know when to go on:

* A job that is put in the same transaction that begins to wait for it is told, in its own record, who waits. The commit
  that ends it lets those into their queues again, through the shard of the ending thread, without writing them.
* For a job that others put before, the queue watches: once it has ended, the next claim takes those who waited for it.
  They keep their claim until the queue knows of them, so that they are rescued if the process dies before. The queue
  also watches a job that ended and was queued again while somebody waited for it and for others.

Of a job whose class is absent in this process nobody knows whether it has ended, so it is waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from ZODB.utils import z64

from zc.async_ import clock
from zc.async_.interfaces import BadStatusError
from zc.async_.terms import DONE
from zc.async_.terms import WAITING
from zc.async_.terms import Terms
from zc.async_.terms import is_job


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.queue import Queue


class Again:
    """Returned by a job's callable: call it once more when all these jobs have ended. Never stored."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs = jobs


class Waiting(Terms):
    """The part of a job that waits for others, and is waited for."""

    waiters: tuple[Job, ...] = ()
    """The jobs that this one lets go on when it ends."""
    runs_again = False
    """Whether its callable is called once more after the waiting, instead of taking over the other's result."""
    keeps_places = False
    """Whether it keeps its places in quotas while it waits, so that nobody else starts in between; for classes to set.

    The places are in the quota's record since the claim that started it. So neither a rescue nor another attempt of a
    job that waits can lose them, and its end frees them, whatever the outcome.
    """
    was_withdrawn = False
    """Whether it was taken out of its queue and not put into one again."""

    _result: Any = None
    _active_start: int | None = None
    _p_jar: Any

    @property
    def awaited(self) -> tuple[Job, ...]:
        """The jobs that this one waits or waited for, as long as it has not gone on."""
        if self._state != WAITING:
            return ()
        return self._result if isinstance(self._result, tuple) else (self._result,)

    def wait_for(self, others: Sequence[Job], started: datetime | None, runs_again: bool) -> None:
        """Wait from now on. ``BadStatusError`` if that would be for ever. For the executor."""
        if _leads_to(others, self):
            raise BadStatusError("a job cannot wait for itself")
        for other in others:
            self._refuse_deadlock(other)
        self._state = WAITING
        self._result = others[0] if len(others) == 1 else tuple(others)
        self._active_start = None if started is None else clock.to_micros(started)
        if self.runs_again != runs_again:
            self.runs_again = runs_again
        for other in others:
            if other._p_jar is None:
                self._p_jar.add(other)
            if other._state != DONE and (self.queue is None or _is_written(other)):
                other.waiters += (self,)  # type: ignore[operator]
        if not self.needs_watching:
            self.void_claim()

    def _refuse_deadlock(self, other: Job) -> None:
        if other._state or other.holds_places:
            return
        for job in _with_waiters(self):
            for name in job.quota_names if job.keeps_places else ():
                if name in other.quota_names:
                    raise BadStatusError(
                        f"{other!r} would wait for ever for the quota {name!r}, in which {job!r} keeps its place "
                        "meanwhile; name no quota for it"
                    )

    @property
    def needs_watching(self) -> bool:
        """Whether it waits for a job that does not know of it."""
        if self.queue is None:
            return False
        return any(not is_job(other) or (other._state != DONE and self not in other.waiters) for other in self.awaited)

    @property
    def may_go_on(self) -> bool:
        """Whether it waits for jobs that have all ended, or will not run."""
        awaited = self.awaited
        return bool(awaited) and all(_is_over(other) for other in reversed(awaited))

    def release_waiters(self) -> None:
        """Let those who wait for this job go on."""
        for waiter in self.waiters:
            queue = waiter.queue if is_job(waiter) else self.queue  # its own one most likely
            if queue is not None:
                queue.resume(waiter)

    @property
    def queue(self) -> Queue | None:
        raise NotImplementedError

    @property
    def holds_places(self) -> bool:
        raise NotImplementedError

    def void_claim(self) -> None:
        raise NotImplementedError


def _is_over(job: Job) -> bool:
    return is_job(job) and (job._state == DONE or job.was_withdrawn)


def _is_written(job: Job) -> bool:
    """Whether the present transaction writes the job's record anyway."""
    return bool(job._p_changed) or job._p_serial == z64


def _with_waiters(job: Any) -> Iterator[Any]:
    """The job and those who wait for it, directly or not."""
    yield job
    for waiter in filter(is_job, job.waiters):
        yield from _with_waiters(waiter)


def _leads_to(jobs: Sequence[Any], goal: Any) -> bool:
    """Whether one of the jobs is ``goal``, or waits for it, directly or not."""
    seen = set()
    left = list(jobs)
    while left:
        job = left.pop()
        if job is goal:
            return True
        if job not in seen:
            seen.add(job)
            left += filter(is_job, job.awaited)
    return False
