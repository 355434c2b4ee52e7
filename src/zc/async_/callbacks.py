"""What is to be called with a job's result: callbacks, and proxies that choose among several by the result.

A callback is a job with a record of its own, whose ``parent`` is the job (or proxy) that it belongs to. Adding one
writes that job's record: if it is being completed at the same moment one of the two conflicts and looks again. Running
them is the duty of ``callback_run``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from persistent import Persistent
from transaction import TransactionManager
from zope.interface import implementer

from zc.async_.failures import isFailure
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import ICallbackProxy
from zc.async_.interfaces import IJob
from zc.async_.retry import callback_retry_policy_factory


if TYPE_CHECKING:
    from ZODB.DB import DB

    from zc.async_.job import Job
    from zc.async_.queue import Queue


def pass_through(result: Any) -> Any:
    """What a proxy calls when it has nothing to call for a result."""
    return result


def as_job(item: Any) -> Job:
    """The job that ``item`` is or can be adapted to, or a new one that calls it; ``TypeError`` otherwise."""
    from zc.async_.job import Job

    job: Any = IJob(item, None)
    if job is not None:
        return job
    if callable(item):
        return Job(item)
    raise TypeError("Could not adapt", item, IJob)


def as_callback(item: Any, failure_log_level: int | None = None, retry_policy_factory: Any = None) -> Any:
    """A callback with the defaults of callbacks where neither it nor the caller says otherwise; proxies as they are."""
    if ICallbackProxy.providedBy(item):
        return item
    job = as_job(item)
    if job.status != NEW or job.parent is not None:
        raise ValueError("a callback must be a NEW job that belongs to nothing else", item)
    if failure_log_level is not None:
        job.failure_log_level = failure_log_level
    elif job.failure_log_level is None:
        job.failure_log_level = logging.CRITICAL
    if retry_policy_factory is not None:
        job.retry_policy_factory = retry_policy_factory
    elif job.retry_policy_factory is None:
        job.retry_policy_factory = callback_retry_policy_factory
    return job


class Callbacks(Persistent):
    """The part of jobs and proxies that callbacks are added to."""

    parent: Any = None
    _callbacks: tuple[Any, ...] = ()

    @property
    def callbacks(self) -> tuple[Any, ...]:
        """Callback jobs and proxies in the order in which they run; change it by the methods only."""
        return self._callbacks

    def addCallback(self, callback: Any, failure_log_level: int | None = None, retry_policy_factory: Any = None) -> Any:
        """Have a job or callable called with the result, and return its job.

        It runs in a transaction of its own after the result is committed. Unless given here or set before, its
        failure is logged as CRITICAL and its retry policy is ``callback_retry_policy_factory``. Added to a COMPLETED
        job it runs soon after the caller's transaction is committed. Added to a job that is running, it makes the
        commit of one of the two conflict: best add callbacks before the job is queued.
        """
        added = as_callback(callback, failure_log_level, retry_policy_factory)
        self._take_callback(added)
        return added

    def addCallbacks(
        self,
        success: Any = None,
        failure: Any = None,
        failure_log_level: int | None = None,
        retry_policy_factory: Any = None,
    ) -> SuccessFailureCallbackProxy:
        """Have ``success`` called with a result, ``failure`` with a Failure, as by :meth:`addCallback`.

        Callbacks added to the returned proxy get what the called one returned; the result itself if there was none
        to call.
        """
        proxy = SuccessFailureCallbackProxy(success, failure, failure_log_level, retry_policy_factory)
        self._take_callback(proxy)
        return proxy

    def _take_callback(self, callback: Any) -> None:
        callback.parent = self
        self._callbacks += (callback,)


@implementer(ICallbackProxy)
class ConditionalCallbackProxy(Callbacks):
    """``ConditionalCallbackProxy((condition, callback), ..., default)`` calls the first whose condition is true.

    Conditions are importable functions of the result. A callback may be None: then the result is passed through. The
    ``default`` may be left out. ``job`` is None until the result is known.
    """

    job: Job | None = None
    _own = 0
    """How many callbacks the chosen job had itself, besides those of the proxy."""

    def __init__(self, *args: Any, failure_log_level: int | None = None, retry_policy_factory: Any = None) -> None:
        pairs = list(args)
        default = pairs.pop() if pairs and not hasattr(pairs[-1], "__len__") else None

        def contained(item: Any) -> Any:
            if item is None:
                return None
            job = as_callback(item, failure_log_level, retry_policy_factory)
            job.parent = self
            return job

        self._conditionals = tuple((condition, contained(item)) for condition, item in pairs)
        self.default = contained(default)

    @property
    def conditionals(self) -> list[tuple[Callable[[Any], Any], Any]]:
        """Pairs of condition and callback."""
        return list(self._conditionals)

    @property
    def status(self) -> str:
        """That of the chosen job; before, that of a callback of its parent."""
        return status_as_callback(self.parent) if self.job is None else self.job.status

    @property
    def result(self) -> Any:
        """That of the chosen job."""
        return None if self.job is None else self.job.result

    @property
    def queue(self) -> Queue | None:
        """The queue of the job that it belongs to."""
        return None if self.parent is None else self.parent.queue

    @property
    def agent(self) -> Any:
        """The agent of the job that it belongs to."""
        return None if self.parent is None else self.parent.agent

    def getJob(self, result: Any) -> Job:
        """The job for that result, chosen on the first call and kept."""
        if self.job is None:
            chosen = self.default
            for condition, callback in self._conditionals:
                if condition(result):
                    chosen = callback
                    break
            self.choose(chosen)
        return self.job  # type: ignore[return-value]

    def choose(self, callback: Any) -> Job:
        """Settle on a callback (None: pass the result on), which gets the callbacks added here. For the executor."""
        from zc.async_.job import Job

        if callback is None:
            callback = Job(pass_through)
            callback.failure_log_level = logging.DEBUG
            callback.parent = self
            if self._p_jar is not None:
                self._p_jar.add(callback)
        self.job = callback
        if callback.callbacks:
            self._own = len(callback.callbacks)
        moved, self._callbacks = self._callbacks, ()
        for other in moved:
            callback._take_callback(other)
        return callback

    def reopen(self) -> None:
        """Undo the choice, so that another result can choose anew. For archives."""
        chosen = self.job
        if chosen is not None:
            self._callbacks = chosen._callbacks[self._own :]
            chosen._callbacks = chosen._callbacks[: self._own]
            for callback in self._callbacks:
                callback.parent = self
            self._own, self.job = 0, None

    def _take_callback(self, callback: Any) -> None:
        if self.job is None:
            super()._take_callback(callback)
        else:
            self.job._take_callback(callback)


class SuccessFailureCallbackProxy(ConditionalCallbackProxy):
    """Calls ``failure`` with a Failure, ``success`` with anything else; both may be None."""

    def __init__(
        self, success: Any, failure: Any, failure_log_level: int | None = None, retry_policy_factory: Any = None
    ) -> None:
        super().__init__(
            (isFailure, failure),
            success,
            failure_log_level=failure_log_level,
            retry_policy_factory=retry_policy_factory,
        )

    @property
    def success(self) -> Job | None:
        """What is called with a result."""
        return self.default

    @property
    def failure(self) -> Job | None:
        """What is called with a Failure."""
        return self._conditionals[0][1]


def status_as_callback(parent: Any) -> str:
    """The status of a callback that has not begun: its job's as long as that has not begun either."""
    while ICallbackProxy.providedBy(parent):
        parent = parent.parent
    if parent is None:
        return NEW
    status: str = parent.status
    return status if status in (NEW, PENDING) else ASSIGNED if parent.queue is not None else NEW


def call_late(job: Job, callback: Any) -> None:
    """Have a callback of a COMPLETED job run: by a worker, or where the job has no queue, after the caller's commit.

    Either way the caller's transaction is neither committed nor does it see what the callback does.
    """
    chosen = callback
    while ICallbackProxy.providedBy(chosen):
        chosen = chosen.getJob(job.result)
    queue = job.queue
    if queue is not None:
        queue.put_callback(chosen)
        return
    connection = job._p_jar
    if chosen._p_jar is None:
        connection.add(chosen)
    connection.transaction_manager.get().addAfterCommitHook(_call_now, (connection.db(), chosen._p_oid))


def _call_now(committed: bool, db: DB, oid: bytes) -> None:
    from zc.async_.executor import execute_callback

    if committed:
        connection = db.open(TransactionManager())
        try:
            execute_callback(connection.get(oid))
        finally:
            connection.close()
