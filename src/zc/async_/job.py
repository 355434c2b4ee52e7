"""A job as data: what is to be run, with what, when, and what came of it. Running it is the ``executor``'s duty.

One record holds it all. What has its class's default value is not stored. The states NEW, PENDING, ASSIGNED and, for
a claimed job, ACTIVE are derived from where the job is; the job's own record says only what its own run wrote.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING
from typing import Any

from BTrees.OOBTree import OOBTree
from zope.interface import implementer

from zc.async_ import absent
from zc.async_ import archive
from zc.async_ import cancel
from zc.async_ import executor
from zc.async_ import outcome
from zc.async_ import states
from zc.async_.callbacks import Callbacks
from zc.async_.callbacks import ConditionalCallbackProxy
from zc.async_.callbacks import SuccessFailureCallbackProxy
from zc.async_.callbacks import call_late
from zc.async_.callbacks import status_as_callback
from zc.async_.containers import OwnedDict
from zc.async_.containers import OwnedList
from zc.async_.describe import describe_callable
from zc.async_.describe import describe_job
from zc.async_.describe import function_name
from zc.async_.failures import isFailure
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import IAgent
from zc.async_.interfaces import ICallbackProxy
from zc.async_.interfaces import IJob
from zc.async_.interfaces import IQueue
from zc.async_.interfaces import TimeoutError
from zc.async_.notes import Annotations
from zc.async_.picklable import check_picklable
from zc.async_.progress import Progress
from zc.async_.retry import NeverRetry
from zc.async_.retry import RetryCommonForever
from zc.async_.retry import RetryCommonFourTimes
from zc.async_.retry import callback_retry_policy_factory
from zc.async_.retry import make_policy
from zc.async_.terms import DONE
from zc.async_.terms import IN_CALLBACKS
from zc.async_.terms import STARTED
from zc.async_.terms import WAITING


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.queue import Queue

OWN_STATES = {STARTED: ACTIVE, IN_CALLBACKS: CALLBACKS, DONE: COMPLETED, WAITING: ACTIVE}

METHOD_TYPES = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)

__all__ = [
    "ConditionalCallbackProxy",
    "Job",
    "NeverRetry",
    "RetryCommonForever",
    "RetryCommonFourTimes",
    "SuccessFailureCallbackProxy",
    "callback_retry_policy_factory",
    "isFailure",
]


def __getattr__(name: str) -> Any:
    """``serial`` and ``parallel`` used to be here; they are built on jobs."""
    if name in ("serial", "parallel"):
        from zc.async_ import workflow

        return getattr(workflow, name)
    raise AttributeError(name)


@implementer(IJob)
class Job(Progress, Callbacks):
    """``Job(callable, *args, **kwargs)``: a call to be made later, once, in its own transaction.

    Arguments may be changed until it runs. Bound methods are kept as object and name. Plain attributes of subclasses
    become part of the job's record; give them class-level defaults.
    """

    parent: Any = None
    failure_log_level: int | None = None
    retry_policy_factory: Any = None
    _args: tuple[Any, ...] = ()
    _kwargs: dict[str, Any] | None = None
    _callable_name: str | None = None
    _annotations: OOBTree | None = None
    _retry_policy: Any = None

    def __init__(self, callable: Any, /, *args: Any, **kwargs: Any) -> None:
        self.callable = callable
        if args:
            self._args = args
        if kwargs:
            self._kwargs = kwargs

    @classmethod
    def bind(cls, callable: Any, /, *args: Any, **kwargs: Any) -> Job:
        """A job that gets itself as the first argument."""
        job = cls(callable, *args, **kwargs)
        job._args = (job, *args)
        return job

    # What is run

    @property
    def callable(self) -> Any:
        """What is run; settable while NEW."""
        if self._callable_name is None:
            return self._callable
        return getattr(self._callable, self._callable_name)

    @callable.setter
    def callable(self, value: Any) -> None:
        self.require_status((NEW,), "set callable", "NEW")
        root = getattr(value, "__self__", None)
        if isinstance(value, METHOD_TYPES) and root is not None and not isinstance(root, types.ModuleType):
            self._callable, self._callable_name = root, value.__name__
        else:
            self._callable = value

    @property
    def args(self) -> OwnedList:
        """The positional arguments; changes are kept in the job's own record."""
        return OwnedList(self, "_args")

    @property
    def kwargs(self) -> OwnedDict:
        """The keyword arguments; changes are kept in the job's own record."""
        return OwnedDict(self, "_kwargs")

    @property
    def annotations(self) -> Annotations:
        """Anybody's notes about the job, the live ones included; stored only once there are any."""
        return Annotations(self)

    def check_picklable(self) -> None:
        """Raise :class:`JobNotPicklable`, naming the argument, if the database could not store the job."""
        check_picklable(self._callable, self._args, self._kwargs or {})

    @property
    def title(self) -> str:
        """What the job does, in a line for logs and people."""
        return describe_callable(self)

    @property
    def function_name(self) -> str:
        """The dotted name of what it runs, for those who look for jobs by it; loads nothing else."""
        return function_name(self)

    # Where it is

    @property
    def status(self) -> str:
        """One of the six states of ``interfaces``."""
        if self._state:
            return OWN_STATES[self._state]
        queue = self.queue
        if queue is None:
            return NEW
        claim = queue.dispatchers.claim_of(self)
        if claim is not None:
            return ACTIVE if claim.active else ASSIGNED
        return PENDING if self._queued is not None else status_as_callback(self.parent)

    @property
    def queue(self) -> Queue | None:
        """The queue that the job, or the one whose callback it is, is or was in."""
        parent = self.parent
        return parent if parent is None or _is_queue(parent) else parent.queue

    @property
    def caller(self) -> Job | None:
        """The job whose callback this is."""
        parent = self.parent
        while ICallbackProxy.providedBy(parent):
            parent = parent.parent
        return parent if isinstance(parent, Job) else None

    def awaits_claim(self, queue: Queue) -> bool:
        """Whether it waits in that queue to be started, or to go on with what it began. For queues."""
        if self.queue is not queue:
            return False
        if self._state == 0 and self._queued is not None and not self.last_release:
            # Entered once, and the claim that takes it takes its entry along: no need to load the claims of all others.
            return True
        if self._state in (0, STARTED):
            return self.status == PENDING
        goes_on = self._state == IN_CALLBACKS or self.may_go_on
        return goes_on and queue.dispatchers.claim_of(self) is None

    @property
    def holds_places(self) -> bool:
        """Whether it counts in its quotas: from claim to the end of its own work, and until it is resumed.

        Waiting for another job is no work of its own, unless its class ``keeps_places``.
        """
        if self._state == WAITING:
            return self.keeps_places
        status = self.status
        return status in (ASSIGNED, ACTIVE) or (status == PENDING and self.put_back)

    @property
    def agent(self) -> Agent | None:
        """The agent that works or worked on the job."""
        parent = self.parent
        if parent is None or _is_agent(parent):
            return parent
        queue = self.queue
        claim = None if queue is None else queue.dispatchers.claim_of(self)
        return claim.agent if claim is not None else None if _is_queue(parent) else parent.agent

    # Running it

    def getRetryPolicy(self) -> Any:
        """The job's retry policy: made by ``retry_policy_factory`` on the first call, and kept."""
        if self._retry_policy is None:
            self._retry_policy = make_policy(self)
        return self._retry_policy

    def setUp(self) -> Any:
        """Prepare the environment of one attempt, inside its transaction."""

    def tearDown(self, setup_info: Any) -> None:
        """Undo ``setUp``."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the job now, in this thread, and commit; the result, or the job itself if it will run again later."""
        return executor.execute(self, args, kwargs)

    def fail(self, error: BaseException | None = None) -> None:
        """End a job that has not started; the result is a Failure of ``error`` or ``TimeoutError``. Commits."""
        self.require_status(states.before("fail"), "call fail", "NEW, PENDING, or ASSIGNED")
        executor.fail(self, error or TimeoutError())

    def cancel(self, reason: str = "") -> bool:
        """End a waiting job now, or ask a running one to end. In the caller's transaction.

        True if the job is ended: its result is a Failure of :class:`JobCancelled`; callbacks are run by a worker.
        False if it is at work: then it ends as soon as it calls ``zc.async_.local.checkCancelled()``, and is not
        attempted again in any case. ``BadStatusError`` if it has run already, or is in no queue. Cancelling a batch
        cancels the steps that it waits for.
        """
        ended = cancel.cancel(self, reason)
        if self.is_completed:
            outcome.announce_cancelled(self)
        return ended

    def requeue(self, details: str = "") -> None:
        """Queue a job again that failed or was cancelled, with its callbacks. In the caller's transaction.

        It begins anew, at once, with the arguments it has; its timeline goes on and shows ``details``. A batch repeats
        its failed parts only. ``BadStatusError`` unless it is COMPLETED with a failure and was in a queue itself;
        what ``Queue.put`` raises, and then nothing may be committed.
        """
        archive.requeue(self, details)

    def forget(self) -> None:
        """Drop a completed job before its time, with its live notes. In the caller's transaction.

        ``BadStatusError`` unless it is COMPLETED and was in a queue itself.
        """
        archive.forget(self)

    def _take_callback(self, callback: Any) -> None:
        super()._take_callback(callback)
        if self.is_completed:
            call_late(self, callback)

    def resumeCallbacks(self) -> None:
        """Run the callbacks that are not completed, in this thread, and complete the job. Commits."""
        self.require_status(states.before("complete"), "resumeCallbacks", "CALLBACKS")
        executor.resume_callbacks(self)

    def handleInterrupt(self) -> None:
        """Let the retry policy say what becomes of an ACTIVE job whose worker has vanished. Commits."""
        self.require_status((ACTIVE, CALLBACKS), "call ``handleInterrupt``", "ACTIVE")
        executor.handle_interrupt(self)

    def handleCallbackInterrupt(self, caller: Job) -> None:
        """The same for an ACTIVE callback, which is tried again in this thread. Commits."""
        self.require_status((ACTIVE,), "handleCallbackInterrupt", "ACTIVE")
        if caller.status != CALLBACKS:
            raise BadStatusError("can only handleCallbackInterrupt with caller in CALLBACKS status")
        executor.handle_callback_interrupt(self, caller)

    def __getstate__(self) -> Any:
        return absent.storable(super().__getstate__())

    def __repr__(self) -> str:
        return describe_job(self)


def _is_queue(obj: Any) -> bool:
    return IQueue.providedBy(obj)


def _is_agent(obj: Any) -> bool:
    return IAgent.providedBy(obj)
