"""A job as data: what is to be run, with what, when, and what came of it. Running it is the ``executor``'s duty.

One record holds it all. What has its class's default value is not stored. The states NEW, PENDING, ASSIGNED and, for
a claimed job, ACTIVE are derived from where the job is; the job's own record says only what its own run wrote.
"""

from __future__ import annotations

import types
import uuid
from collections.abc import Iterable
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent
from twisted.python import failure
from zope.interface import implementer

from zc.async_ import clock
from zc.async_ import executor
from zc.async_.containers import OwnedDict
from zc.async_.containers import OwnedList
from zc.async_.describe import describe_job
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import IAgent
from zc.async_.interfaces import IJob
from zc.async_.interfaces import IQueue
from zc.async_.interfaces import TimeoutError
from zc.async_.picklable import check_picklable
from zc.async_.retry import RetryCommonFourTimes
from zc.async_.retry import make_policy


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.queue import Queue

OWN_STATES = {1: ACTIVE, 2: CALLBACKS, 3: COMPLETED}

METHOD_TYPES = (types.MethodType, types.BuiltinMethodType, type({}.__setitem__))

__all__ = ["Job", "RetryCommonFourTimes", "isFailure"]


def isFailure(value: Any) -> bool:
    """Whether a result tells of a failure."""
    return isinstance(value, failure.Failure)


@implementer(IJob)
class Job(Persistent):
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
    _quota_names: tuple[str, ...] = ()
    _priority = 0
    _queued: int | None = None
    _assigner: bytes | None = None
    _begin_after: int | None = None
    _begin_by: timedelta | None = None
    _active_start: int | None = None
    _active_end: int | None = None
    _released = 0
    _result: Any = None
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
        self._require((NEW,), "can only set callable when a job has NEW status")
        if isinstance(value, METHOD_TYPES) and not isinstance(getattr(value, "__self__", None), types.ModuleType):
            self._callable, self._callable_name = value.__self__, value.__name__
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
    def annotations(self) -> OOBTree:
        """Anybody's notes about the job; a record of its own once somebody asks for it."""
        if self._annotations is None:
            self._annotations = OOBTree()
        return self._annotations

    def check_picklable(self) -> None:
        """Raise :class:`JobNotPicklable`, naming the argument, if the database could not store the job."""
        check_picklable(self._callable, self._args, self._kwargs or {})

    # When it may run

    @property
    def quota_names(self) -> tuple[str, ...]:
        """The quotas that limit the job; settable while NEW or PENDING."""
        return self._quota_names

    @quota_names.setter
    def quota_names(self, value: Iterable[str]) -> None:
        if isinstance(value, str):
            raise TypeError("provide an iterable of names")
        names = tuple(value)
        if self._require((NEW, PENDING), "can only set quota_names when a job has NEW or PENDING status") == PENDING:
            self.parent.check_quota_names(names)
        self._change_place(_quota_names=names)

    @property
    def lane(self) -> tuple[str, ...]:
        """The lane in which the job waits: its quota names as a set."""
        return tuple(sorted(set(self._quota_names)))

    @property
    def priority(self) -> int:
        """Within a lane higher goes first; settable while NEW or PENDING."""
        return self._priority

    @priority.setter
    def priority(self, value: int) -> None:
        if not isinstance(value, int):
            raise TypeError("priority must be an integer", value)
        self._require((NEW, PENDING), "can only set priority when a job has NEW or PENDING status")
        self._change_place(_priority=value)

    def _change_place(self, **attributes: Any) -> None:
        in_lane = self.parent is not None and self.parent.leave_lane(self)
        vars(self).update(attributes)
        self._p_changed = True
        if in_lane:
            self.parent.enter_lane(self)

    @property
    def begin_after(self) -> datetime | None:
        """The job does not start before; settable while NEW, to an aware datetime. By default when it was queued."""
        micros = self._queued if self._begin_after is None else self._begin_after
        return None if micros is None else clock.from_micros(micros)

    @begin_after.setter
    def begin_after(self, value: datetime | None) -> None:
        self._require((NEW,), "can only set begin_after when a job has NEW status")
        self._begin_after = None if value is None else clock.to_micros(value)

    @property
    def begin_by(self) -> timedelta | None:
        """The job must start within this time after ``begin_after``; None means no limit."""
        return self._begin_by

    @begin_by.setter
    def begin_by(self, value: timedelta | None) -> None:
        self._require((NEW, PENDING), "can only set begin_by when a job has NEW or PENDING status")
        if value is not None and value < timedelta():
            raise ValueError("negative values are not allowed")
        self._begin_by = value

    @property
    def due_micros(self) -> int:
        """When the job became or becomes due: a job predated by its author does not overtake those before it."""
        return max(self._queued or 0, self._begin_after or 0)

    def expired(self, now: datetime) -> bool:
        """Whether it is too late to start the job."""
        begin_after = self.begin_after
        return self._begin_by is not None and begin_after is not None and begin_after + self._begin_by < now

    # Where it is

    @property
    def status(self) -> str:
        """One of the six states of ``interfaces``."""
        if self._state:
            return OWN_STATES[self._state]
        if not IQueue.providedBy(self.parent):
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
        if IQueue.providedBy(self.parent):
            return self.parent
        return self.parent.queue if IAgent.providedBy(self.parent) else None

    @property
    def assignerUUID(self) -> uuid.UUID | None:
        """Identity of the process that queued the job."""
        return None if self._assigner is None else uuid.UUID(bytes=self._assigner)

    @property
    def agent(self) -> Agent | None:
        """The agent that works or worked on the job."""
        if IAgent.providedBy(self.parent):
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
        self._require((NEW, PENDING, ASSIGNED), "can only call fail on a job with NEW, PENDING, or ASSIGNED status")
        executor.fail(self, error or TimeoutError())

    def _require(self, allowed: tuple[str, ...], complaint: str) -> str:
        status = self.status
        if status not in allowed:
            raise BadStatusError(complaint)
        return status

    def __repr__(self) -> str:
        return describe_job(self)
