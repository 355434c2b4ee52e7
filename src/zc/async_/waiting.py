"""A job whose result is another job: it waits, and goes on when that one has ended.

A waiting job is shown as ACTIVE, but its claim is void: it holds neither a thread nor a place with an agent or in a
quota. The job it waits for knows it, in its own record. The commit that ends that one also strikes this knowledge and
lets the waiting job into its queue again, through the shard of the ending thread: the waiting job's own record is not
written, so that nobody who writes it can conflict with the end of the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import clock
from zc.async_.interfaces import BadStatusError
from zc.async_.terms import WAITING
from zc.async_.terms import Terms


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.queue import Queue


class Again:
    """Returned by a job's callable: call it once more when ``job`` has ended. Never stored."""

    def __init__(self, job: Job) -> None:
        self.job = job


class Waiting(Terms):
    """The part of a job that waits for others, and is waited for."""

    waiters: tuple[Job, ...] = ()
    """The jobs that go on when this one has ended."""
    runs_again = False
    """Whether its callable is called once more after the waiting, instead of taking over the other's result."""

    _result: Any = None
    _active_start: int | None = None
    _p_jar: Any

    @property
    def awaited(self) -> Job | None:
        """The job that this one waits or waited for, as long as it has not gone on."""
        return self._result if self._state == WAITING else None

    def wait_for(self, other: Job, started: datetime | None, runs_again: bool) -> None:
        """Wait from now on. ``BadStatusError`` if the other waits for this one. For the executor."""
        step: Job | None = other
        while step is not None:
            if step is self:
                raise BadStatusError("a job cannot wait for itself")
            step = step.awaited
        if other._p_jar is None:
            self._p_jar.add(other)
        other.waiters += (self,)  # type: ignore[operator]
        self._state = WAITING
        self._result = other
        self._active_start = None if started is None else clock.to_micros(started)
        if self.runs_again != runs_again:
            self.runs_again = runs_again
        self.void_claim()

    def release_waiters(self) -> None:
        """Let those who wait for this job go on: it has ended, or was withdrawn."""
        waiters = self.waiters
        if waiters:
            del self.waiters
        for waiter in waiters:
            if waiter.queue is not None:
                waiter.queue.resume(waiter)

    @property
    def may_go_on(self) -> bool:
        """Whether it waited for a job that does not know of it any more."""
        awaited = self.awaited
        return awaited is not None and self not in awaited.waiters

    @property
    def queue(self) -> Queue | None:
        raise NotImplementedError

    def void_claim(self) -> None:
        raise NotImplementedError
