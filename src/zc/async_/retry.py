"""When a job is tried again.

A policy is asked in the worker thread after an attempt failed and was rolled back. What it counts during one call is in
``data_cache``, which survives roll-backs; ``updateData`` keeps it in the job's record with the next commit. Policies
never sleep: they answer when, and the job is put off until then. Only while the database server is away, when nothing
could be written, the executor waits in its thread.
"""

from __future__ import annotations

import copy
import logging
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import zope.component
from transaction.interfaces import TransactionError
from ZEO.Exceptions import ClientDisconnected
from zope.interface import implementer

from zc.async_ import clock
from zc.async_.interfaces import IRetryPolicy


if TYPE_CHECKING:
    from zc.async_.job import Job

events = logging.getLogger("zc.async.events")
trace = logging.getLogger("zc.async.trace")

Answer = bool | datetime | timedelta
"""What a policy says: no, at once, or when."""


def is_time(answer: Any) -> bool:
    """Whether an answer says when."""
    return isinstance(answer, (datetime, timedelta))


def moment_of(when: datetime | timedelta) -> datetime:
    """An answer that says when, as a time; what has no zone is in UTC."""
    if isinstance(when, timedelta):
        return clock.now() + when
    return when.replace(tzinfo=timezone.utc) if when.tzinfo is None else when


def seconds_until(when: datetime | timedelta) -> float:
    """How long it is until then."""
    duration = when if isinstance(when, timedelta) else moment_of(when) - clock.now()
    return max(duration.total_seconds(), 0)


class Row(NamedTuple):
    """How often to try again after some exceptions, and how soon. Back-offs are in seconds."""

    exceptions: tuple[type[BaseException], ...]
    key: str
    """Under which they are counted."""
    attempts: int | None
    """In all, the first included; None means no limit."""
    initial_backoff: float = 0
    incremental_backoff: float = 0
    max_backoff: float = 0


DISCONNECTED = Row((ClientDisconnected,), "zeo_disconnected", None, 5, 5, 60)
CONFLICT = Row((TransactionError,), "transaction_error", 5)


def backoff(count: int, initial: float, increment: float, longest: float) -> Answer:
    """The answer after the ``count``-th failure: at once, or after that many seconds."""
    seconds = min(longest, initial + (count - 1) * increment)
    return timedelta(seconds=seconds) if seconds > 0 else True


@implementer(IRetryPolicy)
class RetryCommonFourTimes:
    """The default: five attempts on transaction conflicts, any number when the database server is away.

    A job whose worker vanished is run again up to nine times. Not persistent itself: its data are part of the job's
    record. The tables are rows of (exceptions, key, attempts, first back-off, its increment, longest back-off).
    """

    internal_exceptions: tuple[Any, ...] = (DISCONNECTED, CONFLICT)
    """For errors of the job itself."""
    transaction_exceptions: tuple[Any, ...] = (DISCONNECTED, CONFLICT)
    """For errors of the commit of what it did."""
    max_interruptions: int | None = 9
    log_every = 5

    def __init__(self, job: Job) -> None:
        self.parent = self.__parent__ = job
        self.data: dict[str, Any] = {}

    def jobError(self, failure: Any, data_cache: dict[str, Any]) -> Answer:
        """Again for the exceptions of the table, until their number of attempts is used up."""
        return self._by_table(self.internal_exceptions, failure, data_cache)

    def commitError(self, failure: Any, data_cache: dict[str, Any]) -> Answer:
        """Again for the exceptions of the table; they are counted together with those of ``jobError``."""
        return self._by_table(self.transaction_exceptions, failure, data_cache)

    def _by_table(self, table: tuple[Any, ...], failure: Any, data_cache: dict[str, Any]) -> Answer:
        for row in table:
            exceptions, key, attempts, *times = row
            if failure.check(*exceptions):
                count = data_cache.get(key, 0) + 1
                if self._used_up(failure, count, attempts):
                    return False
                self._note(failure, data_cache, key, count)
                return backoff(count, *times)
        return False

    def _used_up(self, failure: Any, count: int, attempts: int | None) -> bool:
        if attempts is not None and count >= attempts:
            trace.warning("%r is not tried again after %d attempts: %s", self.parent, count, failure)
            return True
        if self._worth_a_line(count):
            trace.warning("%r is tried again after attempt %d: %s", self.parent, count, failure)
        return False

    def _worth_a_line(self, count: int) -> bool:
        return count == 1 or count % self.log_every == 0

    def _note(self, failure: Any, data_cache: dict[str, Any], key: str, count: int) -> None:
        data_cache[key] = count
        data_cache[f"last_{key}"] = failure
        data_cache.setdefault("first_active", self.parent.active_start)

    def interrupted(self) -> Answer:
        """Again at once, unless the worker vanished too often."""
        count = self.parent.interruptions
        self.data.setdefault("first_active", self.parent.active_start)
        self.data["interruptions"] = count
        self.parent._p_changed = True
        again = self.max_interruptions is None or count <= self.max_interruptions
        if not again or self._worth_a_line(count):
            trace.info("%r was interrupted %d times, %s", self.parent, count, "trying again" if again else "giving up")
        return again

    def updateData(self, data_cache: dict[str, Any]) -> None:
        """Merge into ``data``; the first ``first_active`` stays."""
        first_active = self.data.get("first_active") or data_cache.get("first_active")
        self.data.update(data_cache)
        self.data["first_active"] = first_active
        self.parent._p_changed = True


class RetryCommonForever(RetryCommonFourTimes):
    """Nothing but an error of its own code keeps the job from being done in the end.

    Conflicts are tried again at once, silently and for ever; whatever else goes wrong with the commit, after a second,
    two seconds, up to a minute, and with CRITICAL in the log. Interruptions are not limited.
    """

    internal_exceptions = (DISCONNECTED, CONFLICT._replace(attempts=None))
    transaction_exceptions = internal_exceptions
    max_interruptions: int | None = None
    other_commit_initial_backoff: float = 0
    other_commit_incremental_backoff: float = 1
    other_commit_max_backoff: float = 60

    def commitError(self, failure: Any, data_cache: dict[str, Any]) -> Answer:
        """Always again."""
        answer = self._by_table(self.transaction_exceptions, failure, data_cache)
        if answer is not False:
            return answer
        count = data_cache.get("other", self.data.get("other", 0)) + 1
        if self._worth_a_line(count):
            events.critical("commit %d of %r failed; it is tried again: %s", count, self.parent, failure)
        self._note(failure, data_cache, "other", count)
        return backoff(
            count,
            self.other_commit_initial_backoff,
            self.other_commit_incremental_backoff,
            self.other_commit_max_backoff,
        )


class RetryCallback(RetryCommonForever):
    """The default for callbacks: given up only when its worker vanished so often that it is most likely the cause."""

    max_interruptions = 20


class RetryWithBackoff(RetryCommonFourTimes):
    """Also for errors of the application: later each time, ``attempts`` times in all, and then the job fails.

    The waits are ``first``, ``first * factor``, and so on up to ``longest``. Conflicts are tried again at once and do
    not count. Give the class itself as ``retry_policy_factory``, or an instance with other figures; one instance
    serves any number of jobs, each of which has its own count.
    """

    application_error = "application_error"

    def __init__(
        self,
        job: Job | None = None,
        *,
        first: timedelta = timedelta(seconds=5),
        factor: float = 2,
        longest: timedelta = timedelta(hours=1),
        attempts: int = 8,
        exceptions: tuple[type[BaseException], ...] = (Exception,),
    ) -> None:
        if job is not None:
            super().__init__(job)
        self.first = first
        self.factor = factor
        self.longest = longest
        self.attempts = attempts
        self.exceptions = exceptions

    def __call__(self, job: Job) -> RetryWithBackoff:
        """The policy of one job, with the figures of this one."""
        policy = copy.copy(self)
        RetryCommonFourTimes.__init__(policy, job)
        return policy

    def _by_table(self, table: tuple[Any, ...], failure: Any, data_cache: dict[str, Any]) -> Answer:
        if any(failure.check(*row[0]) for row in table):
            return super()._by_table(table, failure, data_cache)
        if not failure.check(*self.exceptions):
            return False
        count = data_cache.get(self.application_error, self.data.get(self.application_error, 0)) + 1
        if self._used_up(failure, count, self.attempts):
            return False
        self._note(failure, data_cache, self.application_error, count)
        return self.wait_after(count)

    def wait_after(self, count: int) -> timedelta:
        """How long to wait after the ``count``-th failure."""
        try:
            return min(self.longest, self.first * self.factor ** (count - 1))
        except OverflowError:
            return self.longest


@implementer(IRetryPolicy)
class NeverRetry:
    """One attempt, whatever happens."""

    def __init__(self, job: Job) -> None:
        self.parent = self.__parent__ = job

    def jobError(self, failure: Any, data_cache: dict[str, Any]) -> Answer:
        """No."""
        return False

    commitError = jobError

    def interrupted(self) -> Answer:
        """No."""
        return False

    def updateData(self, data_cache: dict[str, Any]) -> None:
        """Nothing is kept."""


def make_policy(job: Job) -> Any:
    """A policy for the job by its ``retry_policy_factory``.

    A string names an ``IRetryPolicy`` adapter (``ComponentLookupError`` if there is none), a callable is called with
    the job; without either the unnamed adapter, else :class:`RetryCommonFourTimes`.
    """
    factory = job.retry_policy_factory
    if factory is None:
        policy = zope.component.queryAdapter(job, IRetryPolicy)
        return RetryCommonFourTimes(job) if policy is None else policy
    if isinstance(factory, str):
        return zope.component.getAdapter(job, IRetryPolicy, name=factory)
    return factory(job)


def callback_retry_policy_factory(job: Job) -> Any:
    """The policy of callbacks: the ``IRetryPolicy`` adapter named ``'callback'``, else :class:`RetryCallback`."""
    policy = zope.component.queryAdapter(job, IRetryPolicy, name="callback")
    return RetryCallback(job) if policy is None else policy
