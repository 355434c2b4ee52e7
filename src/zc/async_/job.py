"""A job as data: what is to be run, with what, when, and what came of it. Running it is the ``executor``'s duty.

One record holds it all. What has its class's default value is not stored. The states NEW, PENDING, ASSIGNED and, for
a claimed job, ACTIVE are derived from where the job is; the job's own record says only what its own run wrote.
"""

from __future__ import annotations

import types
import uuid
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent
from twisted.python import failure
from zope.interface import implementer

from zc.async_ import clock
from zc.async_ import executor
from zc.async_ import timeline
from zc.async_.containers import OwnedDict
from zc.async_.containers import OwnedList
from zc.async_.describe import describe_callable
from zc.async_.describe import describe_job
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import IAgent
from zc.async_.interfaces import IJob
from zc.async_.interfaces import IQueue
from zc.async_.interfaces import TimeoutError
from zc.async_.notes import Annotations
from zc.async_.picklable import check_picklable
from zc.async_.retry import RetryCommonFourTimes
from zc.async_.retry import make_policy
from zc.async_.terms import Terms


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.queue import Queue

OWN_STATES = {1: ACTIVE, 2: CALLBACKS, 3: COMPLETED}

METHOD_TYPES = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)

__all__ = ["Job", "RetryCommonFourTimes", "isFailure"]


def isFailure(value: Any) -> bool:
    """Whether a result tells of a failure."""
    return isinstance(value, failure.Failure)


@implementer(IJob)
class Job(Terms, Persistent):
    """``Job(callable, *args, **kwargs)``: a call to be made later, once, in its own transaction.

    Arguments may be changed until it runs. Bound methods are kept as object and name. Plain attributes of subclasses
    become part of the job's record; give them class-level defaults.
    """

    parent: Any = None
    failure_log_level: int | None = None
    retry_policy_factory: Any = None
    interruptions = 0
    put_back = False
    """Whether it waits before all others, because a claim of it came to nothing."""

    _state = 0
    _args: tuple[Any, ...] = ()
    _kwargs: dict[str, Any] | None = None
    _callable_name: str | None = None
    _assigner: bytes | None = None
    _active_start: int | None = None
    _active_end: int | None = None
    _released = 0
    _result: Any = None
    _notes: timeline.Stored = ()
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

    # Where it is

    @property
    def status(self) -> str:
        """One of the six states of ``interfaces``."""
        if self._state:
            return OWN_STATES[self._state]
        if not _is_queue(self.parent):
            return NEW
        claim = self.parent.dispatchers.claim_of(self)
        if claim is None:
            return PENDING
        return ACTIVE if claim.active else ASSIGNED

    @property
    def is_completed(self) -> bool:
        """Whether the job has ended; known from its own record alone."""
        return self._state == 3

    @property
    def queue(self) -> Queue | None:
        """The queue that the job is or was in."""
        return self.parent.queue if _is_agent(self.parent) else self.parent if _is_queue(self.parent) else None

    @property
    def assignerUUID(self) -> uuid.UUID | None:
        """Identity of the process that queued the job."""
        return None if self._assigner is None else uuid.UUID(bytes=self._assigner)

    @property
    def agent(self) -> Agent | None:
        """The agent that works or worked on the job."""
        if _is_agent(self.parent):
            return self.parent
        queue = self.queue
        claim = None if queue is None else queue.dispatchers.claim_of(self)
        return None if claim is None else claim.agent

    def queued(self, queue: Queue, now: datetime, assigner: uuid.UUID) -> None:
        """Note that the job entered a queue. For queues."""
        self._queued = clock.to_micros(now)
        if self._assigner is None:
            self._assigner = assigner.bytes
        self.parent = queue

    def requeued(self, queue: Queue) -> None:
        """Note that the agent gave the job back. For queues."""
        claim = queue.dispatchers.claim_of(self)
        if claim is not None:
            self._released = claim.key
        if self._state:
            self._state = 0
            self._active_start = None
        self.parent = queue

    def put_off(self, moment: datetime) -> None:
        """Note that the job is to run again, not before ``moment``. For the executor."""
        self._begin_after = clock.to_micros(moment)
        self._not_put_back()
        self.note(timeline.PUT_OFF, f"until {moment.isoformat(timespec='seconds')}")

    def _not_put_back(self) -> None:
        if self.put_back:
            del self.put_back

    def withdrawn(self) -> None:
        """Note that the job was taken out of its queue before it ran. For queues."""
        self.parent = self._assigner = self._queued = None
        self._not_put_back()

    @property
    def last_release(self) -> int:
        """Key of the last claim from which the job was given back; claims up to it are void. For agents."""
        return self._released

    def finished(self, agent: Agent | None, started: datetime | None, now: datetime, result: Any) -> None:
        """Store the outcome. For the executor."""
        self._result = result
        self._state = 3
        self._active_start = None if started is None else clock.to_micros(started)
        self._active_end = clock.to_micros(now)
        self._not_put_back()
        if agent is not None:
            self.parent = agent

    def started(self, now: datetime) -> None:
        """Note in the job's own record that it runs, where no agent's claim says so. For the executor."""
        self._state = 1
        self._active_start = clock.to_micros(now)

    # What came of it

    @property
    def active_start(self) -> datetime | None:
        """When the last attempt was started."""
        if self._active_start is not None:
            return clock.from_micros(self._active_start)
        queue = self.queue
        claim = None if queue is None or self._state else queue.dispatchers.claim_of(self)
        return clock.from_micros(claim.key) if claim is not None and claim.active else None

    @property
    def active_end(self) -> datetime | None:
        """When the callable returned or failed for good."""
        return None if self._active_end is None else clock.from_micros(self._active_end)

    @property
    def initial_callbacks_end(self) -> datetime | None:
        """When the job was completed."""
        return self.active_end if self.is_completed else None

    def note(self, what: str, details: str = "") -> None:
        """Add an entry to the timeline, in the caller's transaction."""
        self._notes = timeline.added(self._notes, what, details)

    @property
    def timeline(self) -> list[timeline.Entry]:
        """What happened to the job, oldest first."""
        return timeline.entries(self)

    @property
    def result(self) -> Any:
        """What the callable returned, or a Failure; None until then."""
        return self._result

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
        self.require_status((NEW, PENDING, ASSIGNED), "call fail", "NEW, PENDING, or ASSIGNED")
        executor.fail(self, error or TimeoutError())

    def __repr__(self) -> str:
        return describe_job(self)


def _is_queue(obj: Any) -> bool:
    return IQueue.providedBy(obj)


def _is_agent(obj: Any) -> bool:
    return IAgent.providedBy(obj)
