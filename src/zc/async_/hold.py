"""What says that a run of a job is still its own.

Whoever takes a job away from a worker (rescue) writes the job's record, so the commit of the former owner conflicts;
each new beginning then asks its hold first, and ends with :class:`ReassignedError` if the job is somebody else's.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import ReassignedError


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.job import Job

events = logging.getLogger("zc.async.events")


class Hold:
    """A run's hold on a job and on the callbacks that it runs for it.

    ``released`` is set once the run itself gave the job up, so that its callbacks go on another time.
    """

    released = False

    def __init__(self, job: Job) -> None:
        self.job = job
        self.agent: Agent | None = job.agent

    def check(self) -> None:
        """Raise :class:`ReassignedError` unless the hold is valid in the present transaction."""
        if not self._is_valid():
            events.error("%r was reassigned: another process works on it now", self.job)
            raise ReassignedError()

    def _is_valid(self) -> bool:
        raise NotImplementedError


class Claimed(Hold):
    """By an agent's claim, known by its key."""

    def __init__(self, job: Job, key: int) -> None:
        super().__init__(job)
        self.key = key

    def _is_valid(self) -> bool:
        if self.agent is None or self.job.is_completed:
            return False
        claim = self.agent.claim_of(self.job)
        return claim is not None and claim.key == self.key


class Begun(Hold):
    """By having begun it at that time, where it was called without a claim."""

    def __init__(self, job: Job, started: datetime | None) -> None:
        super().__init__(job)
        self.started = started

    def _is_valid(self) -> bool:
        return self.job.status in (ACTIVE, CALLBACKS) and self.job.active_start == self.started


class Unstarted(Hold):
    """By being the one who ends a job before it has begun. Checking takes it out of its queue."""

    def _is_valid(self) -> bool:
        status = self.job.status
        if status == PENDING:
            self.job.queue.take_out(self.job)  # type: ignore[union-attr]
        return status in (NEW, PENDING, ASSIGNED)
