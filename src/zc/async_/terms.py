"""The terms under which a job may start: quotas, priority and time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from datetime import timedelta
from typing import Any

from zc.async_ import clock
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import BadStatusError


STARTED, IN_CALLBACKS, DONE, WAITING = 1, 2, 3, 4
"""What a job's own record says about its state; 0 where its place says it all."""


class Terms:
    """The part of a job that its queue looks at."""

    parent: Any = None
    _state = 0

    @property
    def queue(self) -> Any:
        raise NotImplementedError

    @property
    def status(self) -> str:
        raise NotImplementedError

    _quota_names: tuple[str, ...] = ()
    _priority = 0
    _queued: int | None = None
    _begin_after: int | None = None
    _begin_by: timedelta | None = None
    has_begun = False
    """Whether an attempt was made since it was queued: a claim does not say so in the record, those who end it do."""

    @property
    def quota_names(self) -> tuple[str, ...]:
        """The quotas that limit the job; settable while NEW or PENDING."""
        return self._quota_names

    @quota_names.setter
    def quota_names(self, value: Iterable[str]) -> None:
        if isinstance(value, str):
            raise TypeError("provide an iterable of names")
        names = tuple(value)
        status = self.require_status((NEW, PENDING), "set quota_names", "NEW or PENDING")
        if status == PENDING:
            self.queue.check_quota_names(names)
        self._change_place(status, _quota_names=names)

    @property
    def lane(self) -> tuple[str, ...]:
        """The lane in which the job waits: its quota names as a set; without quotas once its own work is done."""
        return () if self._state else tuple(sorted(set(self._quota_names)))

    @property
    def priority(self) -> int:
        """Within a lane higher goes first; settable while NEW or PENDING."""
        return self._priority

    @priority.setter
    def priority(self, value: int) -> None:
        if not isinstance(value, int):
            raise TypeError("priority must be an integer", value)
        status = self.require_status((NEW, PENDING), "set priority", "NEW or PENDING")
        self._change_place(status, _priority=value)

    def _change_place(self, status: str, **attributes: Any) -> None:
        # A callback shows the status that its job's place gives it, and is in no queue itself.
        waits = status == PENDING and self._queued is not None
        has_left = waits and self.queue.leave_place(self)
        for name, value in attributes.items():
            setattr(self, name, value)
        if has_left:
            self.queue.take_place(self)

    @property
    def begin_after(self) -> datetime | None:
        """The job does not start before; settable while NEW, to an aware datetime. By default when it was queued."""
        micros = self._queued if self._begin_after is None else self._begin_after
        return None if micros is None else clock.from_micros(micros)

    @begin_after.setter
    def begin_after(self, value: datetime | None) -> None:
        self.require_status((NEW,), "set begin_after", "NEW")
        self._begin_after = None if value is None else clock.to_micros(value)

    @property
    def begin_by(self) -> timedelta | None:
        """The job must start within this time after ``begin_after``; None means no limit."""
        return self._begin_by

    @begin_by.setter
    def begin_by(self, value: timedelta | None) -> None:
        self.require_status((NEW, PENDING), "set begin_by", "NEW or PENDING")
        if value is not None and value < timedelta():
            raise ValueError("negative values are not allowed")
        self._begin_by = value

    @property
    def queued_at(self) -> datetime | None:
        """When the job was put into its queue."""
        return None if self._queued is None else clock.from_micros(self._queued)

    @property
    def due_micros(self) -> int:
        """When the job became or becomes due: a job predated by its author does not overtake those before it."""
        return max(self._queued or 0, self.not_before)

    @property
    def not_before(self) -> int:
        """The microsecond before which the job must not start: its author's wish, not the clock of his host."""
        return self._begin_after or 0

    def expired(self, now: datetime) -> bool:
        """Whether it is too late to start the job; never once it has begun."""
        return not self._state and self.overdue(now, self.begin_after)

    def overdue(self, now: datetime, base: datetime | None) -> bool:
        """Whether ``begin_by``, counted from ``base``, has passed before an attempt was made."""
        if self.has_begun or self._begin_by is None or base is None:
            return False
        return base + self._begin_by < now

    def require_status(self, allowed: tuple[str, ...], act: str, names: str) -> str:
        """The job's status; ``BadStatusError`` saying when one can ``act`` unless it is one of those allowed."""
        status = self.status
        if status not in allowed:
            preposition = "when a job has" if act.startswith("set") else "on a job with"
            raise BadStatusError(f"can only {act} {preposition} {names} status")
        return status


def is_job(obj: Any) -> bool:
    """Whether it is a job by its class, which may be absent in this process; loads nothing."""
    return issubclass(type(obj), Terms)
