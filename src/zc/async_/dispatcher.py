"""One process at work: a dispatch thread that is woken, claims and hands jobs to worker threads.

Threads: the dispatch thread owns its connection and all persistent bookkeeping of this dispatcher. Worker threads (see
``pool``) run jobs. Anybody may call the methods here; they talk to the dispatch thread through events.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from transaction import TransactionManager
from transaction.interfaces import TransientError
from ZEO.Exceptions import ClientDisconnected
from ZODB.DB import DB

from zc.async_ import clock
from zc.async_ import farewell
from zc.async_ import instanceuuid
from zc.async_ import oids
from zc.async_ import outage
from zc.async_.claimer import AgentFailed
from zc.async_.claimer import Claimer
from zc.async_.claimer import give_back
from zc.async_.connections import rest
from zc.async_.describe import getId
from zc.async_.errors import is_conflict
from zc.async_.farewell import Farewell
from zc.async_.heartbeat import Heartbeat
from zc.async_.interfaces import KEY
from zc.async_.journal import Journal
from zc.async_.journal import PollInfo
from zc.async_.metrics import CLAIM
from zc.async_.outage import Transactions
from zc.async_.pace import SHORTEST
from zc.async_.pool import AgentThreadPool
from zc.async_.pool import Assignment
from zc.async_.pools import Pools
from zc.async_.pruner import Pruner
from zc.async_.queue import Queue
from zc.async_.queue import Queues
from zc.async_.reporting import RUNNING
from zc.async_.reporting import STARTING
from zc.async_.reporting import STOPPED
from zc.async_.reporting import STUCK
from zc.async_.reporting import Reporting
from zc.async_.waker import Waker


events = logging.getLogger("zc.async.events")

__all__ = [
    "RUNNING",
    "STARTING",
    "STOPPED",
    "STUCK",
    "Dispatcher",
    "PollInfo",
    "clear",
    "get",
    "getId",
    "pop",
    "registered",
]

ATTEMPTS = 5
"""Claims that may conflict in one pass before it is left to the next."""

GATHER_LIMIT = 0.05
"""Seconds for which a claim waits for threads that are about to come free."""

_dispatchers: dict[UUID, Dispatcher] = {}


def get(uuid: UUID | None = None, default: Any = None) -> Any:
    """This process's dispatcher of that UUID; without one, of this instance's UUID."""
    return _dispatchers.get(uuid or instanceuuid.current(), default)


def pop(uuid: UUID | None = None) -> Any:
    """Forget a dispatcher and return it; ``KeyError`` if there is none."""
    return _dispatchers.pop(uuid or instanceuuid.current())


def registered() -> tuple[Dispatcher, ...]:
    """All dispatchers of this process that are not forgotten."""
    return tuple(_dispatchers.values())


def clear() -> None:
    """Forget all dispatchers."""
    _dispatchers.clear()


class Dispatcher(Reporting):
    """Works on all queues of a database. ``ValueError`` if this process has one with the same UUID.

    ``poll_interval`` (seconds) is how often it looks without being woken; the container of the queues may name another.
    ``uuid`` is by default the registered ``IUUID``, else what the instance's file says. ``jobs_size`` and
    ``polls_size`` are how many finished jobs and passes it remembers. ``grace`` are the seconds that the container of
    the queues grants running jobs at the end, or None. ``make_pool`` makes the threads of an agent.
    """

    make_pool: type[AgentThreadPool] = AgentThreadPool

    def __init__(
        self,
        db: DB,
        reactor: Any = None,
        poll_interval: float = 5,
        uuid: UUID | None = None,
        jobs_size: int = 200,
        polls_size: int = 400,
    ) -> None:
        self.UUID = uuid or instanceuuid.own()
        if self.UUID in _dispatchers:
            raise ValueError("dispatcher for this UUID is already registered")
        self.db = db
        self.poll_interval = self._standard_poll_interval = poll_interval
        self.grace: float | None = None
        self.journal = Journal(self, jobs_size, polls_size)
        self.thread: threading.Thread | None = None
        self.identity_lock: Any = None
        self.stopping = threading.Event()
        self.activated: datetime | None = None
        self.last_poll: datetime | None = None
        self._reactor = reactor
        self._bell = threading.Event()
        self._dispatch_thread: threading.Thread | None = None
        self._pools = Pools(self, self.make_pool)
        self._ending = threading.Lock()
        self._next_due: datetime | None = None
        _dispatchers[self.UUID] = self

    @property
    def reactor(self) -> Any:
        """The Twisted reactor that jobs get by ``zc.async_.local.getReactor()``; by default Twisted's global one."""
        if self._reactor is None:
            from twisted.internet import reactor  # importing it installs it, which only users of it want

            self._reactor = reactor
        return self._reactor

    @property
    def queues(self) -> dict[str, dict[str, AgentThreadPool]]:
        """The thread pools now, by names of queue and agent."""
        return self._pools.by_queue()

    # Life

    def activate(self, threaded: bool = True) -> None:
        """Start the dispatch thread; ``ValueError`` if it runs already.

        ``threaded`` is there for old callers: a dispatcher never works in the reactor's thread.
        """
        if self.activated is not None:
            raise ValueError("already activated")
        if self._is_dispatching():
            raise ValueError("still ending")
        events.info("attempting to activate dispatcher %s", self.UUID)
        self.prepare()
        self._dispatch_thread = threading.Thread(target=self._loop, name="zc.async dispatch", daemon=True)
        self._dispatch_thread.start()

    def prepare(self) -> None:
        """Open what the passes need; for those who call :meth:`poll` themselves instead of :meth:`activate`."""
        self.activated = clock.now()
        self.last_poll = None
        self.journal.clear()
        self.stopping.clear()
        self._bell.set()
        self.change_connection_pool(1)
        self._transactions = Transactions(TransactionManager(), CLAIM)
        self._connection = self.db.open(self._transactions.manager)
        self._connection.setDebugInfo("dispatcher")
        self._heartbeat = Heartbeat(self.UUID)
        self._waker = Waker(self.db, self.wake)
        self._claimer = Claimer(self.UUID, self._pools.get, lambda: self._waker.fetch_news(self._connection))
        self._pruner = Pruner(self.UUID)
        oids.keep_apart(self.db)
        self._waker.start()

    def deactivate(self, timeout: float = 3) -> bool:
        """Stop claiming, let running jobs go on for ``timeout`` seconds, give back the rest within some more, and end.

        Whether all threads have ended. A thread still in a job's code finds its job taken away later; while it runs
        the database must not be closed. ``ValueError`` if not activated or ending already. For any thread but this
        dispatcher's own, also from a signal handler.
        """
        if self.activated is None or not self._ending.acquire(blocking=False):
            raise ValueError("not activated")
        try:
            return self._deactivate(timeout)
        finally:
            self._ending.release()

    def _deactivate(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        self.stopping.set()
        self.wake()
        if self._dispatch_thread is not None:
            self._dispatch_thread.join(timeout)
        unbegun = self._pools.stop()
        all_ended = self._pools.join(lambda: deadline - time.monotonic())
        self._waker.stop()
        if not self._is_dispatching():
            self._dispatch_thread = Farewell(self.UUID, self._transactions, lambda: self._end(unbegun))
            self._dispatch_thread.start()
            self._dispatch_thread.join(max(deadline - time.monotonic(), farewell.PATIENCE))
        if self._is_dispatching():
            events.error("dispatcher %s hangs in the database; the next start will clean up", self.UUID)
        else:
            self._connection.close()
        self.change_connection_pool(-1)
        self.activated = None
        return all_ended and not self._is_dispatching()

    def _is_dispatching(self) -> bool:
        return self._dispatch_thread is not None and self._dispatch_thread.is_alive()

    def _end(self, unbegun: dict[tuple[str, str], list[Assignment]]) -> None:
        queues = self._connection.root().get(KEY) or {}
        for (queue_name, agent_name), assignments in unbegun.items():
            record = queues[queue_name].dispatchers.get(self.UUID, {}) if queue_name in queues else {}
            if assignments and agent_name in record:
                give_back(record[agent_name], assignments, interrupted=False)
        self._heartbeat.end(self._connection)

    def wake(self) -> None:
        """Look for jobs now. From any thread; never blocks."""
        self._bell.set()

    def change_connection_pool(self, difference: int) -> None:
        """Let the databases keep that many connections more: a connection to one brings others with it."""
        for database in self.db.databases.values():
            database.setPoolSize(database.getPoolSize() + difference)

    # Work

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                self.poll()
                self._waker.wait(self._bell, self._patience())
            except ClientDisconnected as error:
                events.error("the database server is away: %s", error)
                self._bell.wait(self.poll_interval)
            except TransientError:
                self.wake()
            except BaseException:  # the thread must live on, even if somebody's filter exits: the cause may pass
                events.critical("dispatcher %s could not look for jobs", self.UUID, exc_info=True)
                self._bell.wait(self.poll_interval)
            self._gather()

    def _gather(self) -> None:
        """Let threads that are committing come free first, so that one claim serves them all.

        A ZEO client makes one commit at a time: ours would have to wait for theirs anyway.
        """
        deadline = time.monotonic() + GATHER_LIMIT
        while self._pools.committing and time.monotonic() < deadline:
            self._bell.clear()
            self._bell.wait(GATHER_LIMIT)

    def _patience(self) -> float:
        until_due = self.poll_interval if self._next_due is None else (self._next_due - clock.now()).total_seconds()
        return min(max(until_due, 0), self.poll_interval)

    def poll(self) -> bool:
        """One pass: show that we live, claim as much as there are free threads for. Whether anything was claimed.

        Raises ``TransientError`` when others were faster several times, ``ClientDisconnected`` without a server.
        """
        self._bell.clear()
        self._waker.settle()
        self._next_due = None
        self._claimer.begin()
        conflicts = 0
        while True:
            try:
                with outage.named():
                    return self._pass(clock.now())
            except AgentFailed:  # it is left out now, and the others are served
                self._transactions.abort()
            except BaseException as error:
                self._transactions.abort()
                conflicts += 1
                if conflicts == ATTEMPTS or not is_conflict(error):
                    traceback = error.__traceback__  # the journal's Failure takes it from the exception
                    self.journal.failed(self._claimer.picture)
                    error.__traceback__ = traceback
                    raise

    def _pass(self, now: datetime) -> bool:
        self._transactions.begin()
        self._adjust()
        queues = self._heartbeat.step(self._connection, self.poll_interval)
        claimed = self._claimer.step(queues)
        if claimed:
            self._waker.catch_up()
        self._pruner.step(queues, now)
        self._next_due = min(self._due(queues, now), default=None)
        self._transactions.get().note("zc.async claim" if claimed else "zc.async")
        self._transactions.commit()
        # From here on the jobs are ours: nothing that may fail comes before they are in the hands of threads.
        self.journal.passed({**dict.fromkeys(self._heartbeat.names), **self._claimer.picture}, self._claimer.starts)
        self._claimer.hand_over()
        self._heartbeat.committed(queues)
        self._pools.keep(self._claimer.agents)
        self._watch(queues)
        rest(self._connection)
        self.last_poll = now
        return claimed

    def _due(self, queues: list[Queue], now: datetime) -> Iterator[datetime]:
        """When the next scheduled jobs and signs of life are due, however long the poll interval is."""
        for queue in queues:
            yield queue.dispatchers[self.UUID].ping_due
            if (following := queue.next_due(now)) is not None:
                yield following

    def _adjust(self) -> None:
        """Do as the container of the queues says now."""
        container = self._connection.root().get(KEY)
        self.poll_interval = _seconds(container, "poll_interval", self._standard_poll_interval)
        self._waker.pace.shortest = _seconds(container, "busy_poll_interval", SHORTEST)
        self.grace = _seconds(container, "grace", None)

    def _watch(self, queues: list[Queue]) -> None:
        """Watch what a put must touch, pausing, our agents, and what the claimer says."""
        root = self._connection.root()
        watched = [root.get(KEY, root)]
        for queue in queues:
            watched += [queue, *queue.inlets(), queue.dispatchers[self.UUID]]
        if self._waker.watch(watched + self._claimer.watched):
            self.wake()


def _seconds(container: Queues | None, name: str, default: Any) -> Any:
    """What the container of the queues says, if there is one and it says anything."""
    duration = getattr(container, name, None)
    return default if duration is None else duration.total_seconds()
