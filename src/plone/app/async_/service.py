"""What callers use: the utility that queues jobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from typing import Any

from zope.interface import implementer

from plone.app.async_ import batches
from plone.app.async_ import environment
from plone.app.async_ import jobinfo
from plone.app.async_.arguments import unpack
from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.job import ServiceJob
from plone.app.async_.jobinfo import makeJob
from plone.app.async_.legacy import _getAuthenticatedUser
from plone.app.async_.legacy import job_failure_callback
from plone.app.async_.legacy import job_success_callback
from plone.app.async_.queues import DEFAULT_QUEUE
from plone.app.async_.queues import check_quota_names
from plone.app.async_.queues import find_queue
from plone.app.async_.queues import open_queues
from plone.app.async_.queues import put_limited
from plone.app.async_.references import ContentReference
from plone.app.async_.references import Path
from zc.async_ import local


if TYPE_CHECKING:
    from datetime import datetime
    from datetime import timedelta

    from zc.async_.queue import Queue
    from zc.async_.queue import Queues

__all__ = ["AsyncService", "_getAuthenticatedUser", "job_failure_callback", "job_success_callback", "makeJob"]

QuotaNames = Iterable[str] | None


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
        self, queue: str | Queue, quota_names: QuotaNames, func: Any, context: Any, *args: Any, **kwargs: Any
    ) -> ServiceJob:
        return self._put(queue, quota_names, None, None, (func, context, args, kwargs))

    def queueJobInQueueWithDelay(
        self,
        begin_by: timedelta | None,
        begin_after: datetime | None,
        queue: str | Queue,
        quota_names: QuotaNames,
        func: Any,
        context: Any,
        *args: Any,
        **kwargs: Any,
    ) -> ServiceJob:
        return self._put(queue, quota_names, begin_by, begin_after, (func, context, args, kwargs))

    def queueSerialJobs(self, *job_infos: Any, stop_on_failure: bool = False) -> batches.Batch:
        return self.queueSerialJobsInQueue(DEFAULT_QUEUE, None, *job_infos, stop_on_failure=stop_on_failure)

    def queueParallelJobs(self, *job_infos: Any) -> batches.Batch:
        return self.queueParallelJobsInQueue(DEFAULT_QUEUE, None, *job_infos)

    def queueSerialJobsInQueue(
        self, queue: str | Queue, quota_names: QuotaNames, *job_infos: Any, stop_on_failure: bool = False
    ) -> batches.Batch:
        target, names = self._limits(queue, quota_names)
        return put_limited(target, names, batches.serial(jobinfo.make_steps(job_infos, names), stop_on_failure))

    def queueParallelJobsInQueue(self, queue: str | Queue, quota_names: QuotaNames, *job_infos: Any) -> batches.Batch:
        target, names = self._limits(queue, quota_names)
        return put_limited(target, names, batches.parallel(jobinfo.make_steps(job_infos, names)))

    def wrapJob(self, job_info: jobinfo.JobInfo) -> ServiceJob:
        return jobinfo.wrap(job_info)

    def _limits(self, queue: str | Queue, quota_names: QuotaNames) -> tuple[Queue, tuple[str, ...]]:
        target = find_queue(self.getQueues(), queue)
        return target, check_quota_names(target, quota_names)

    def _put(
        self,
        queue: str | Queue,
        quota_names: QuotaNames,
        begin_by: timedelta | None,
        begin_after: datetime | None,
        job_info: jobinfo.JobInfo,
    ) -> ServiceJob:
        return put_limited(*self._limits(queue, quota_names), jobinfo.wrap(job_info), begin_by, begin_after)
