"""When a job is tried again.

A policy is asked in the worker thread after an attempt failed and was rolled back. What it counts during one call is in
``data_cache``, which survives roll-backs; ``updateData`` keeps it in the job's record with the next commit.
"""

from __future__ import annotations

import logging
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

import zope.component
from transaction.interfaces import TransactionError
from ZEO.Exceptions import ClientDisconnected
from zope.interface import implementer

from zc.async_.interfaces import IRetryPolicy


if TYPE_CHECKING:
    from zc.async_.job import Job

trace = logging.getLogger("zc.async.trace")

Answer = bool | datetime | timedelta
"""What a policy says: no, at once, or when."""

Row = tuple[tuple[type[BaseException], ...], str, int | None]
"""Exceptions, the key under which they are counted, and how many attempts in all (None: no limit)."""


@implementer(IRetryPolicy)
class RetryCommonFourTimes:
    """The default: five attempts on transaction conflicts, any number when the database server is away.

    A job whose worker vanished is run again up to nine times. Not persistent itself: its data are part of the job's
    record.
    """

    exceptions: tuple[Row, ...] = (
        ((ClientDisconnected,), "zeo_disconnected", None),
        ((TransactionError,), "transaction_error", 5),
    )
    max_interruptions: int | None = 9
    log_every = 5

    def __init__(self, job: Job) -> None:
        self.parent = self.__parent__ = job
        self.data: dict[str, Any] = {}

    def jobError(self, failure: Any, data_cache: dict[str, Any]) -> Answer:
        """Again at once for the exceptions of the table, until their number of attempts is used up."""
        for types, key, most in self.exceptions:
            if failure.check(*types):
                return self._count(failure, data_cache, key, most)
        return False

    commitError = jobError

    def _count(self, failure: Any, data_cache: dict[str, Any], key: str, most: int | None) -> bool:
        count = data_cache.get(key, 0) + 1
        if most is not None and count >= most:
            trace.warning("%r is not tried again after %d attempts: %s", self.parent, count, failure)
            return False
        if count == 1 or count % self.log_every == 0:
            trace.warning("%r is tried again after attempt %d: %s", self.parent, count, failure)
        data_cache[key] = count
        data_cache[f"last_{key}"] = failure
        data_cache.setdefault("first_active", self.parent.active_start)
        return True

    def interrupted(self) -> Answer:
        """Again at once, unless the worker vanished too often."""
        count = self.parent.interruptions
        again = self.max_interruptions is None or count <= self.max_interruptions
        trace.info("%r was interrupted %d times, %s", self.parent, count, "trying again" if again else "giving up")
        return again

    def updateData(self, data_cache: dict[str, Any]) -> None:
        """Merge into ``data``; the first ``first_active`` stays."""
        first_active = self.data.get("first_active") or data_cache.get("first_active")
        self.data.update(data_cache)
        self.data["first_active"] = first_active
        self.parent._p_changed = True


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
