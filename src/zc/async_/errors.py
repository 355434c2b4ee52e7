"""What goes wrong with jobs and queues: one base class, docstrings are the default messages."""

from __future__ import annotations

from typing import Any

from transaction.interfaces import TransientError
from ZEO.Exceptions import ClientDisconnected


class AsyncError(Exception):
    """Something is wrong with a job or a queue."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*(args or ((self.__doc__ or "").strip(),)))


class AbortedError(AsyncError):
    """An interrupted job was given up."""


class TimeoutError(AsyncError):
    """A job could not be started before its begin_by limit had passed."""


class JobCancelled(AsyncError):
    """The job was cancelled."""


class BadStatusError(AsyncError):
    """This is not possible in the job's present status."""


class ReassignedError(AsyncError):
    """Another process owns the job now."""


class FullError(AsyncError):
    """There is no room."""


class JobNotPicklable(AsyncError, TypeError):
    """The job cannot be stored in the database."""


class NotImportable(AsyncError, ImportError):
    """The job needs something that this process cannot import."""


class UnknownQuota(AsyncError, ValueError):
    """The queue has no quota of that name."""


class IdentityError(AsyncError):
    """The identity (UUID) of this instance cannot be used."""


class IdentityInUse(IdentityError):
    """Another running process of this host has this identity (UUID)."""


def is_conflict(error: BaseException) -> bool:
    """Whether another attempt at once may do; ZEO says so even of an absent server, for which each attempt waits."""
    return isinstance(error, TransientError) and not isinstance(error, ClientDisconnected)


class QueuesOfVersion1(AsyncError):
    """This database has queues of version 1; finish their jobs there, or call zc.async_.version1.drop_queues(root)."""


class JobsFailed(AsyncError, AssertionError):
    """Jobs have failed that should not."""


class JobsLeft(AsyncError, AssertionError):
    """Jobs were not done in time."""


class NotCommitted(AsyncError, AssertionError):
    """Jobs were queued in a transaction that is not committed, so nobody runs them."""
