"""The contract of the Plone layer. Its errors and events are in modules of those names, and importable from here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from zope.interface import Interface

from plone.app.async_.errors import ContextWithoutPath as ContextWithoutPath
from plone.app.async_.errors import NoSite as NoSite
from plone.app.async_.errors import UnknownQueue as UnknownQueue
from plone.app.async_.errors import UserNotRestorable as UserNotRestorable
from plone.app.async_.errors import WrongJobInfo as WrongJobInfo
from plone.app.async_.events import IJobFailure as IJobFailure
from plone.app.async_.events import IJobOutcome as IJobOutcome
from plone.app.async_.events import IJobSuccess as IJobSuccess
from plone.app.async_.events import IQueueReady as IQueueReady
from plone.app.async_.events import JobFailure as JobFailure
from plone.app.async_.events import JobOutcome as JobOutcome
from plone.app.async_.events import JobSuccess as JobSuccess
from plone.app.async_.events import QueueReady as QueueReady
from zc.async_.connections import IQueuesDatabase
from zc.async_.errors import AsyncError as AsyncError


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.queue import Queue
    from zc.async_.queue import Queues


class IInitAsync(Interface):
    """Says what this process has to do with the queues; at most one is registered."""

    def register_databases() -> None:
        """Register the databases as utilities, that of the queues as ``IAsyncDatabase``. Called in scripts, too."""

    def init() -> None:
        """Called once when a server process starts, after the databases are open."""


class IAsyncDatabase(IQueuesDatabase):
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
    ``zc.async_.interfaces.UnknownQuota``, and ``zc.async_.interfaces.JobNotPicklable`` naming the argument.

    A batch is one job made of steps, each given as a ``job_info``: what ``plone.app.async_.service.makeJob(func,
    context, *args, **kwargs)`` returns, a tuple ``(func, context, args, kwargs)``, or a new job. It holds its places
    in quotas until all steps are done; the steps have none. Its result is a tuple of their jobs. A failed step
    neither stops the others nor makes the batch a failure, see ``zc.async_.workflow.failed_jobs``; with
    ``stop_on_failure`` the first failure is the result, and the steps after it do not run. Also raised, and then
    naming the step as ``job_infos[2]``: ``WrongJobInfo``, and ``ValueError`` for one that is queued already or needs
    a quota of the batch.
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

    def queueSerialJobs(*job_infos: Any, stop_on_failure: bool = False) -> Job:
        """Queue a batch whose steps run one after the other, in the default queue, under the default quota."""

    def queueParallelJobs(*job_infos: Any) -> Job:
        """Queue a batch whose steps may run side by side, in the default queue, under the default quota."""

    def queueSerialJobsInQueue(
        queue: str | Queue, quota_names: Iterable[str] | None, *job_infos: Any, stop_on_failure: bool = False
    ) -> Job:
        """Queue a batch whose steps run one after the other, in that queue, under those quotas."""

    def queueParallelJobsInQueue(queue: str | Queue, quota_names: Iterable[str] | None, *job_infos: Any) -> Job:
        """Queue a batch whose steps may run side by side, in that queue, under those quotas."""

    def wrapJob(job_info: Any) -> Job:
        """The job that a job info describes, with the current site, user and request; it is not queued."""
