"""What callers use: the utility that queues jobs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from zope.interface import implementer

from plone.app.async_ import environment
from plone.app.async_.arguments import pack_arguments
from plone.app.async_.arguments import unpack
from plone.app.async_.function import storable
from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.job import ServiceJob
from plone.app.async_.queues import DEFAULT_QUEUE
from plone.app.async_.queues import DEFAULT_QUOTA
from plone.app.async_.queues import ensure_default_quota
from plone.app.async_.queues import find_queue
from plone.app.async_.queues import open_queues
from plone.app.async_.references import ContentReference
from plone.app.async_.references import Path
from plone.app.async_.references import reference_to
from zc.async_ import local


if TYPE_CHECKING:
    from datetime import datetime

    from zc.async_.queue import Queue
    from zc.async_.queue import Queues

JobInfo = tuple[Any, Any, Iterable[Any], dict[str, Any]]
"""Function, context, positional and keyword arguments of a job."""


def _executeAsUser(
    context_path: Path,
    portal_path: Path,
    uf_path: Path,
    user_id: str | None,
    func: Any,
    /,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Call the function on the context: what service jobs run. Site and user are there, by the job's ``setUp``.

    Raises ``zExceptions.BadRequest`` when the context or a content object among the arguments is gone, and
    whatever the function raises.
    """
    job = local.getJob()
    context = job.context if isinstance(job, ServiceJob) else ContentReference(context_path)
    return func(context.find("Context"), *unpack(args), **unpack(kwargs))


@implementer(IAsyncService)
class AsyncService:
    """The one service of a process; it has no state, and every thread may use it."""

    def getQueues(self) -> Queues:
        return open_queues(environment.current_portal()._p_jar)

    def queueJob(self, func: Any, context: Any, *args: Any, **kwargs: Any) -> ServiceJob:
        return self._put(DEFAULT_QUEUE, None, None, None, (func, context, args, kwargs))

    def queueJobWithDelay(
        self,
        begin_by: timedelta | None,
        begin_after: datetime | None,
        func: Any,
        context: Any,
        *args: Any,
        **kwargs: Any,
    ) -> ServiceJob:
        return self._put(DEFAULT_QUEUE, None, begin_by, begin_after, (func, context, args, kwargs))

    def queueJobInQueue(
        self,
        queue: str | Queue,
        quota_names: Iterable[str] | None,
        func: Any,
        context: Any,
        *args: Any,
        **kwargs: Any,
    ) -> ServiceJob:
        return self._put(queue, quota_names, None, None, (func, context, args, kwargs))

    def queueJobInQueueWithDelay(
        self,
        begin_by: timedelta | None,
        begin_after: datetime | None,
        queue: str | Queue,
        quota_names: Iterable[str] | None,
        func: Any,
        context: Any,
        *args: Any,
        **kwargs: Any,
    ) -> ServiceJob:
        return self._put(queue, quota_names, begin_by, begin_after, (func, context, args, kwargs))

    def wrapJob(self, job_info: JobInfo) -> ServiceJob:
        """The job that calls a function on a context in the current environment; it is not queued."""
        func, context, args, kwargs = job_info
        return ServiceJob(
            storable(func, "func"),
            reference_to(context, "context"),
            environment.capture(),
            *pack_arguments(args, kwargs),
        )

    def _put(
        self,
        queue: str | Queue,
        quota_names: Iterable[str] | None,
        begin_by: timedelta | None,
        begin_after: datetime | None,
        job_info: JobInfo,
    ) -> ServiceJob:
        target = find_queue(self.getQueues(), queue)
        job = self.wrapJob(job_info)
        if quota_names is None:
            ensure_default_quota(target)
            quota_names = (DEFAULT_QUOTA,)
        if isinstance(quota_names, str):
            raise TypeError(f"quota_names must be an iterable of names, not the text {quota_names!r}")
        if begin_by is not None and not isinstance(begin_by, timedelta):
            raise TypeError(f"begin_by must be a timedelta or None, not {begin_by!r}; begin_after comes second")
        if tuple(quota_names) != job.quota_names:  # what is the default of service jobs is not stored
            job.quota_names = tuple(quota_names)
        return target.put(job, begin_after=begin_after, begin_by=begin_by)
