"""The contract of the Plone layer: the service, its events and its errors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from zope.interface import Attribute
from zope.interface import Interface
from zope.interface import implementer
from zope.interface.interfaces import ComponentLookupError
from zope.interface.interfaces import IObjectEvent

from zc.async_.interfaces import AbstractObjectEvent
from zc.async_.interfaces import AsyncError


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.queue import Queue
    from zc.async_.queue import Queues


class NoSite(AsyncError, ComponentLookupError):
    """There is no current Plone site; call setSite(portal) before queueing jobs."""


class ContextWithoutPath(AsyncError, AttributeError):
    """The context of a job must be an object that has a path from the root of Zope."""


class UnknownQueue(AsyncError, KeyError):
    """There is no queue of that name."""

    __str__ = Exception.__str__  # KeyError's shows a repr


class UserNotRestorable(AsyncError, ValueError):
    """The current user is in no user folder, so no worker could become that user."""


class IInitAsync(Interface):
    """Says what this process has to do with the queues; at most one is registered."""

    def register_databases() -> None:
        """Register the databases as utilities, that of the queues as ``IAsyncDatabase``. Called in scripts, too."""

    def init() -> None:
        """Called once when a server process starts, after the databases are open."""


class IAsyncDatabase(Interface):
    """Marks the ZODB database (``DB``) that holds the queues."""


class IAsyncService(Interface):
    """Queues jobs for the current site, to be run as the current user on a context.

    Threads: the utility has no state and may be used by all. Transactions: a job exists once the caller's
    transaction is committed, and not at all if it is aborted. What is persisted: ``func`` by its dotted name, the
    context and content objects among the arguments by path and UID, users by folder and id, others by value. The
    job calls ``func(context, *args, **kwargs)``; its effects and its result are committed together.

    All queueing methods return the queued job. ``queue`` is a queue or its name; ``quota_names`` are names of
    quotas of that queue, ``()`` stands for no quota, ``None`` for the quota ``default``, which lets one job run
    at a time. Raised at the call: ``NoSite``, ``ContextWithoutPath``, ``UserNotRestorable``, ``UnknownQueue``,
    ``ValueError('unknown quota name', name)``, and ``zc.async_.interfaces.JobNotPicklable`` naming the argument.
    """

    def getQueues() -> Queues:
        """The queues by name, in the transaction of the site's connection; made if the database has none."""

    def queueJob(func: Any, context: Any, *args: Any, **kwargs: Any) -> Job:
        """Queue a job in the default queue, under the default quota."""

    def queueJobWithDelay(
        begin_by: timedelta | None,
        begin_after: datetime | None,
        func: Any,
        context: Any,
        *args: Any,
        **kwargs: Any,
    ) -> Job:
        """Queue a job that starts after ``begin_after`` and fails unless started within ``begin_by`` of that."""

    def queueJobInQueue(
        queue: str | Queue,
        quota_names: Iterable[str] | None,
        func: Any,
        context: Any,
        *args: Any,
        **kwargs: Any,
    ) -> Job:
        """Queue a job in that queue, under those quotas."""

    def queueJobInQueueWithDelay(
        begin_by: timedelta | None,
        begin_after: datetime | None,
        queue: str | Queue,
        quota_names: Iterable[str] | None,
        func: Any,
        context: Any,
        *args: Any,
        **kwargs: Any,
    ) -> Job:
        """Queue a job in that queue, under those quotas, within those limits of time."""


class IQueueReady(IObjectEvent):
    """A worker begins to work on a queue, ``object``; the place to create quotas. The worker commits."""


class IJobOutcome(IObjectEvent):
    """A job of a site is completed.

    Sent once for each job, in the worker, with the job's site, user and request unless they are gone. What
    subscribers change is committed; after a conflict it is dropped and the event sent again. Other errors are logged.
    Neither changes the job.
    """

    job = Attribute("The job")


class IJobSuccess(IJobOutcome):
    """A job returned; ``object`` is the result."""


class IJobFailure(IJobOutcome):
    """A job failed; ``object`` is the Failure."""


@implementer(IQueueReady)
class QueueReady(AbstractObjectEvent): ...


class JobOutcome(AbstractObjectEvent):
    def __init__(self, object: Any, job: Job | None = None) -> None:
        super().__init__(object)
        self.job = job


@implementer(IJobSuccess)
class JobSuccess(JobOutcome): ...


@implementer(IJobFailure)
class JobFailure(JobOutcome): ...
