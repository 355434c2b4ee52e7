"""What a job's own record says about its way: queued, begun, given back, ended; and who may go on because of that.

Each method notes one step in the record; the caller commits.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import clock
from zc.async_ import joblog
from zc.async_ import timeline
from zc.async_.terms import DONE
from zc.async_.terms import IN_CALLBACKS
from zc.async_.terms import STARTED
from zc.async_.waiting import Waiting


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.job import Job
    from zc.async_.queue import Queue


OUTCOME = (
    "_state",
    "_result",
    "_queued",
    "_begin_after",
    "_assigner",
    "_active_start",
    "_active_end",
    "_callbacks_end",
    "_retry_policy",
    "interruptions",
    "has_begun",
    "was_withdrawn",
)
"""The attributes of a job that say what came of it."""


class Progress(Waiting):
    """The part of a job that queues and the executor write."""

    interruptions = 0
    callbacks: tuple[Any, ...]
    put_back = False
    """Whether it waits before all others, because a claim of it came to nothing."""

    _assigner: bytes | None = None
    _active_end: int | None = None
    _callbacks_end: int | None = None
    _released = 0
    _notes: timeline.Stored = ()
    _log: joblog.Stored = ()

    @property
    def caller(self) -> Job | None:
        raise NotImplementedError

    @property
    def is_completed(self) -> bool:
        """Whether the job has ended; known from its own record alone."""
        return self._state == DONE

    @property
    def is_untouched(self) -> bool:
        """Whether its record tells of no attempt; started by a claim, such a job is in the hands of a thread."""
        return self._state == 0

    @property
    def assignerUUID(self) -> uuid.UUID | None:
        """Identity of the process that queued the job."""
        return None if self._assigner is None else uuid.UUID(bytes=self._assigner)

    def queued(self, queue: Queue, now: datetime, assigner: uuid.UUID) -> None:
        """Note that the job entered a queue. For queues."""
        self._queued = clock.to_micros(now)
        if self.was_withdrawn:
            del self.was_withdrawn
        if self._assigner is None:
            self._assigner = assigner.bytes
        if self.caller is None:
            self.parent = queue

    def requeued(self, queue: Queue) -> None:
        """Note that the agent gave the job back. For queues."""
        self.void_claim()
        self.not_started()
        if self.caller is None:
            self.parent = queue

    def void_claim(self) -> None:
        """Note that no agent works on the job any more."""
        queue = self.queue
        claim = None if queue is None else queue.dispatchers.claim_of(self)  # type: ignore[arg-type]
        if claim is not None:
            self._released = claim.key

    def not_started(self) -> None:
        """Note that the job, if it was started, is to begin anew."""
        if self._state == STARTED:
            self._state = 0
            self._active_start = None

    def put_off(self, moment: datetime) -> None:
        """Note that the job is to run again, not before ``moment``. For the executor."""
        self._begin_after = clock.to_micros(moment)
        self._not_put_back()
        self.note(timeline.PUT_OFF, f"until {moment.isoformat(timespec='seconds')}")

    def _not_put_back(self) -> None:
        if self.put_back:
            del self.put_back

    def withdrawn(self) -> None:
        """Note that the job was taken out of its queue before it ran. For queues."""
        self.parent = self._assigner = self._queued = None
        self._not_put_back()
        if self.has_begun:
            del self.has_begun
        self.was_withdrawn = True
        self.release_waiters()

    def keep_course(self, ending: str) -> None:
        """Note what is known of the job's course, because it is to begin anew. For archives."""
        self._notes = timeline.course(self, ending)

    def renewed(self) -> None:
        """Forget what came of the job: it is NEW again, or a callback that waits for its job. For archives."""
        for name in OUTCOME:
            if name in self.__dict__:
                delattr(self, name)
        if self.caller is None:
            self.parent = None

    @property
    def last_release(self) -> int:
        """Key of the last claim from which the job was given back; claims up to it are void. For agents."""
        return self._released

    def finished(self, agent: Agent | None, started: datetime | None, now: datetime, result: Any) -> None:
        """Store the outcome; with callbacks to be run that is not the job's end. For the executor."""
        self._result = result
        if self.runs_again:
            del self.runs_again
        self._active_start = None if started is None else clock.to_micros(started)
        self._active_end = clock.to_micros(now)
        if self.callbacks:
            self._state = IN_CALLBACKS
            self._not_put_back()
        else:
            self.completed(agent)

    def completed(self, agent: Agent | None, now: datetime | None = None) -> None:
        """Note the end, ``now`` if callbacks were run. For the executor."""
        self._state = DONE
        if now is not None:
            self._callbacks_end = clock.to_micros(now)
        self._not_put_back()
        if agent is not None and self.caller is None:
            self.parent = agent
        self.release_waiters()
        if self.waiters:
            del self.waiters

    def started(self, now: datetime) -> None:
        """Note in the job's own record that it runs, where no agent's claim says so. For the executor."""
        self._state = STARTED
        self._active_start = clock.to_micros(now)

    @property
    def active_start(self) -> datetime | None:
        """When the last attempt was started."""
        if self._active_start is not None:
            return clock.from_micros(self._active_start)
        queue = self.queue
        claim = None if queue is None or self._state else queue.dispatchers.claim_of(self)  # type: ignore[arg-type]
        return clock.from_micros(claim.key) if claim is not None and claim.active else None

    @property
    def active_end(self) -> datetime | None:
        """When the callable returned or failed for good."""
        return None if self._active_end is None else clock.from_micros(self._active_end)

    @property
    def initial_callbacks_end(self) -> datetime | None:
        """When the job was completed."""
        if not self.is_completed:
            return None
        return self.active_end if self._callbacks_end is None else clock.from_micros(self._callbacks_end)

    def note(self, what: str, details: str = "") -> None:
        """Add an entry to the timeline, in the caller's transaction."""
        self._notes = timeline.added(self._notes, what, details)

    @property
    def timeline(self) -> list[timeline.Entry]:
        """What happened to the job, oldest first."""
        return timeline.entries(self)

    def keep_log(self, lines: joblog.Stored) -> None:
        """Add what was logged while the job ran. For the executor."""
        if lines:
            self._log = joblog.added(self._log, lines)

    @property
    def log(self) -> list[joblog.Line]:
        """The last lines that were logged while the job ran, in all its attempts, oldest first."""
        return joblog.lines(self._log)

    @property
    def result(self) -> Any:
        """What the callable returned, or a Failure; None until then. The other job, while it waits for that one."""
        return self._result
