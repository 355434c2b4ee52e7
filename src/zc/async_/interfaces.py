"""The contract of the engine: states, events and interfaces; the errors are in ``errors``, importable from here.

Threads: persistent objects belong to the thread that opened their connection. Transactions: nothing here commits
unless its docstring says so; what a method changes becomes visible with the caller's own commit.
"""

from __future__ import annotations

from typing import Any

from zope.interface import Attribute
from zope.interface import Interface
from zope.interface import implementer
from zope.interface.common.mapping import IEnumerableMapping
from zope.interface.interfaces import IObjectEvent
from zope.processlifetime import DatabaseOpened as DatabaseOpened
from zope.processlifetime import IDatabaseOpened as IDatabaseOpened

from zc.async_.errors import AbortedError as AbortedError
from zc.async_.errors import AsyncError as AsyncError
from zc.async_.errors import BadStatusError as BadStatusError
from zc.async_.errors import FullError as FullError
from zc.async_.errors import IdentityError as IdentityError
from zc.async_.errors import JobCancelled as JobCancelled
from zc.async_.errors import JobNotPicklable as JobNotPicklable
from zc.async_.errors import NotImportable as NotImportable
from zc.async_.errors import QueuesOfVersion1 as QueuesOfVersion1
from zc.async_.errors import ReassignedError as ReassignedError
from zc.async_.errors import TimeoutError as TimeoutError
from zc.async_.errors import UnknownQuota as UnknownQuota
from zc.async_.i18n import _


KEY = "zc.async"
"""Name of the queues container in the database root. Never changes: it is in people's databases."""

NEW = _("new-status", default="New")
PENDING = _("pending-status", default="Pending")
ASSIGNED = _("assigned-status", default="Assigned")
ACTIVE = _("active-status", default="Active")
CALLBACKS = _("callback-status", default="Performing Callbacks")
COMPLETED = _("completed-status", default="Completed")


class IUUID(Interface):
    """The identity of this process among all that use the queues: a ``uuid.UUID``."""


class IReactor(Interface):
    """The part of a Twisted reactor that is used here; reactors need not declare it."""

    def callFromThread(callable: Any, *args: Any, **kwargs: Any) -> None:
        """Run the callable in the reactor's thread."""

    def callInThread(callable: Any, *args: Any, **kwargs: Any) -> None:
        """Run the callable in a thread of the reactor's pool."""

    def callLater(seconds: float, callable: Any, *args: Any, **kwargs: Any) -> Any:
        """Run the callable in the reactor's thread, later."""

    def callWhenRunning(callable: Any, *args: Any, **kwargs: Any) -> Any:
        """Run the callable in the reactor's thread once that runs; at once if it does."""

    def addSystemEventTrigger(phase: str, event: str, callable: Any, *args: Any, **kwargs: Any) -> Any:
        """Only 'before' and 'shutdown' are needed."""


class IRetryPolicy(Interface):
    """Decides whether a job is tried again. Built with the job; kept in the job's record once it has data.

    Each of the first three answers true (again, at once), false (no), or a ``datetime`` or ``timedelta`` (again then).
    They run in the worker thread after the failed attempt was rolled back.
    """

    def jobError(failure: Any, data_cache: dict[str, Any]) -> Any:
        """The callable raised."""

    def commitError(failure: Any, data_cache: dict[str, Any]) -> Any:
        """The commit of effects and result raised."""

    def interrupted() -> Any:
        """The worker vanished while the job was running; ``job.interruptions`` counts how often."""

    def updateData(data_cache: dict[str, Any]) -> None:
        """Keep in the database what ``data_cache`` collected; called right before a commit."""


class IAbstractJob(Interface):
    """What jobs and callback proxies share."""

    parent = Attribute("The queue, agent or job that this belongs to, or None")
    status = Attribute("One of the six states; read-only")
    result = Attribute("What the callable returned, or a Failure; None until then; read-only")
    callbacks = Attribute("What is called with the result, in order; changed by the methods only")

    def addCallback(callback: Any, failure_log_level: Any = None, retry_policy_factory: Any = None) -> Any:
        """Have a job or callable called with the result; returns its job."""

    def addCallbacks(
        success: Any = None, failure: Any = None, failure_log_level: Any = None, retry_policy_factory: Any = None
    ) -> Any:
        """Have one called with a result, the other with a Failure; returns an ICallbackProxy."""


class ICallbackProxy(IAbstractJob):
    """Stands for one of several callbacks until the result decides."""

    job = Attribute("The chosen job, or None")

    def getJob(result: Any) -> Any:
        """The job for that result; chosen on the first call."""


class IJob(IAbstractJob):
    """A callable with arguments, to be run once with visible effects."""

    callable = Attribute("What is run; settable while NEW")
    args = Attribute("List of positional arguments, part of the job's own record")
    kwargs = Attribute("Dictionary of keyword arguments, part of the job's own record")
    annotations = Attribute("Mapping for anybody's notes; stored only once used")
    quota_names = Attribute("Names of the quotas that limit this job; settable while NEW or PENDING")
    priority = Attribute("Integer; within a lane higher goes first; settable while NEW or PENDING")
    begin_after = Attribute("Aware datetime before which the job does not start; settable while NEW")
    begin_by = Attribute("timedelta after begin_after within which the job must start, or None")
    active_start = Attribute("When the last attempt was started, aware UTC")
    active_end = Attribute("When the callable returned, aware UTC")
    assignerUUID = Attribute("Identity of the process that queued the job")
    interruptions = Attribute("How many times the worker vanished under the job")
    failure_log_level = Attribute("Logging level for a failure; None means ERROR")
    retry_policy_factory = Attribute("None, the name of an IRetryPolicy adapter, or a callable taking the job")
    queue = Attribute("The queue that the job is or was in")
    agent = Attribute("The agent that works or worked on the job")

    def __call__(*args: Any, **kwargs: Any) -> Any:
        """Run the job now in this thread and commit; see ``executor``."""

    def fail(error: Any = None) -> None:
        """End a job that has not started, with ``error`` or ``TimeoutError`` as its result. Commits."""

    def cancel(reason: str = "") -> bool:
        """End a waiting job now (True), or ask a running one to end (False)."""

    def setUp() -> Any:
        """Prepare the environment of one attempt, inside its transaction."""

    def getRetryPolicy() -> Any:
        """The IRetryPolicy, made on the first call."""

    def handleInterrupt() -> None:
        """Decide what becomes of an ACTIVE job whose worker has vanished. Commits."""

    def resumeCallbacks() -> None:
        """Run what is left of the callbacks of a job in CALLBACKS, and complete it. Commits."""

    def handleCallbackInterrupt(caller: Any) -> None:
        """Decide what becomes of an ACTIVE callback of ``caller`` whose worker has vanished. Commits."""

    def tearDown(setup_info: Any) -> None:
        """Undo ``setUp``: once for each attempt whose ``setUp`` was begun, after commit or abort."""


class IQueue(Interface):
    """Jobs that wait, in order, and what limits and works on them."""

    parent = Attribute("The Queues")
    name = Attribute("Its name there")
    quotas = Attribute("IQuotas")
    dispatchers = Attribute("IDispatchers")
    paused = Attribute("True while jobs are accepted but not handed out")

    def put(item: Any, begin_after: Any = None, begin_by: Any = None) -> Any:
        """Queue a job (or a callable) and return the job; never conflicts with other processes' puts."""

    def putBack(job: Any) -> None:
        """Queue a job again, before all others of its lane."""

    def pull(index: int = 0) -> Any:
        """Take the waiting job at that position out of the queue and return it."""

    def remove(job: Any) -> None:
        """Take that waiting job out of the queue; ``LookupError`` if it is not waiting here."""

    def claim(filter: Any = None, default: Any = None) -> Any:
        """Take out the first job that is due, accepted by ``filter`` and within its quotas."""


class IQuotas(IEnumerableMapping):
    """Quotas by name."""

    def create(name: str, size: int = 1) -> None:
        """Add a quota."""

    def remove(name: str) -> None:
        """Remove a quota; jobs that name it are no longer limited by it."""


class IQuota(Interface):
    """At most ``size`` jobs that name this quota run at once, in all processes together."""

    name = Attribute("Its name")
    parent = Attribute("The IQuotas")
    size = Attribute("Most jobs at once; settable at any time")
    filled = Attribute("Whether no further job may start")


class IAgent(Interface):
    """Works for one dispatcher on one queue, on at most ``size`` jobs at once."""

    name = Attribute("Its name in the dispatcher")
    parent = Attribute("The IDispatcherAgents")
    size = Attribute("Most jobs at once; settable at any time")
    queue = Attribute("The queue it takes jobs from")
    completed = Attribute("ICompletedCollection of what it did")

    def claimJob() -> Any:
        """Claim the next job, or None."""


class IFilterAgent(IAgent):
    """An agent that chooses by a filter."""

    filter = Attribute("Callable taking a job, or None to take everything")


class ICompletedCollection(Interface):
    """Completed jobs, newest first."""

    def iter(start: Any = None, stop: Any = None) -> Any:
        """Jobs completed at or before ``start`` and at or after ``stop`` (aware datetimes)."""


class IDispatcherAgents(IEnumerableMapping):
    """One dispatcher's record in one queue: its agents by name, and signs of life."""

    UUID = Attribute("The dispatcher's identity")
    activated = Attribute("When it started, or None while it does not run")
    parent = Attribute("The queue")


class IDispatchers(IEnumerableMapping):
    """Dispatcher records by UUID."""


class IDispatcherRegistered(IObjectEvent):
    """A dispatcher made its record in a queue; ``object`` is the IDispatcherAgents."""


class IDispatcherUnregistered(IObjectEvent):
    """A dispatcher's record was removed from a queue."""


class IDispatcherActivated(IObjectEvent):
    """A dispatcher begins to work on a queue."""


class IDispatcherDeactivated(IObjectEvent):
    """A dispatcher ended, or was found dead; its jobs were rescued."""


class IDispatcherReactivated(IObjectEvent):
    """A dispatcher that had been found dead turned out to be alive."""


class IObjectAdded(IObjectEvent):
    """The queues container or a queue was added."""

    parent = Attribute("Where it was added")
    name = Attribute("Under which name")


class IMonitorPlugin(Interface):
    """A command of the monitor, registered as a utility by its name.

    Called in a thread of its own, without a transaction, a site or a user. Whatever it raises is shown to the peer.
    """

    def __call__(connection: Any, *arguments: str) -> Any:
        """Write the answer to ``connection``; return a marker or anything.

        ``arguments`` are the words after the command's name. What is no marker leaves the connection's mode as it is.
        """


class IJobCompleted(IObjectEvent):
    """A job is completed and committed; ``object`` is the job.

    Sent in the worker thread while the job's environment is still set up, in a new transaction that the engine commits;
    again after a conflict or an outage. For a job that is cancelled before it has run: at once, in the transaction,
    thread and environment of the one who cancels, if it has no callbacks. Other errors in a subscriber are only logged.
    """

    succeeded = Attribute("False if the result is a Failure")


class IJobRescued(IObjectEvent):
    """A job was taken from a worker that is gone, and given back to its queue; ``object`` is the job.

    Sent in the transaction of the process that rescues.
    """

    UUID = Attribute("The identity of the dispatcher that is gone")


class AbstractObjectEvent:
    """An event about one object."""

    def __init__(self, object: Any) -> None:
        self.object = object


@implementer(IDispatcherRegistered)
class DispatcherRegistered(AbstractObjectEvent): ...


@implementer(IDispatcherUnregistered)
class DispatcherUnregistered(AbstractObjectEvent): ...


@implementer(IDispatcherActivated)
class DispatcherActivated(AbstractObjectEvent): ...


@implementer(IDispatcherDeactivated)
class DispatcherDeactivated(AbstractObjectEvent): ...


@implementer(IDispatcherReactivated)
class DispatcherReactivated(AbstractObjectEvent): ...


@implementer(IObjectAdded)
class ObjectAdded(AbstractObjectEvent):
    def __init__(self, object: Any, parent: Any, name: str) -> None:
        super().__init__(object)
        self.parent = parent
        self.name = name


@implementer(IJobCompleted)
class JobCompleted(AbstractObjectEvent):
    def __init__(self, object: Any, succeeded: bool) -> None:
        super().__init__(object)
        self.succeeded = succeeded


@implementer(IJobRescued)
class JobRescued(AbstractObjectEvent):
    def __init__(self, object: Any, UUID: Any) -> None:
        super().__init__(object)
        self.UUID = UUID
