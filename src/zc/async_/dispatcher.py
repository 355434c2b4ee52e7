"""One process at work: a dispatch thread that is woken, claims and hands jobs to worker threads.

Threads: the dispatch thread owns its connection and all persistent bookkeeping of this dispatcher. Worker threads (see
``pool``) run jobs. Anybody may call the methods here; they talk to the dispatch thread through events.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from datetime import timedelta
from typing import Any
from uuid import UUID

from transaction import TransactionManager
from transaction.interfaces import TransientError
from ZEO.Exceptions import ClientDisconnected
from ZODB.DB import DB
from ZODB.utils import z64

from zc.async_ import clock
from zc.async_ import instanceuuid
from zc.async_.claimer import Claimer
from zc.async_.claimer import give_back
from zc.async_.heartbeat import Heartbeat
from zc.async_.interfaces import KEY
from zc.async_.pool import AgentThreadPool
from zc.async_.pool import Assignment
from zc.async_.queue import Queue
from zc.async_.waker import Waker


events = logging.getLogger("zc.async.events")

STOPPED = "STOPPED"
STARTING = "STARTING"
RUNNING = "RUNNING"
STUCK = "STUCK"

ATTEMPTS = 5
"""Claims that may conflict in one pass before it is left to the next."""

GATHER_LIMIT = 0.05
"""Seconds for which a claim waits for threads that are about to come free."""

STUCK_AFTER = timedelta(seconds=10)
"""Beyond its poll interval a dispatcher may be silent this long before it is called STUCK."""

RETENTION = timedelta(days=7)
"""How long completed jobs are kept."""

PRUNE_INTERVAL = timedelta(hours=1)

_dispatchers: dict[UUID, Dispatcher] = {}


def get(uuid: UUID | None = None, default: Any = None) -> Any:
    """This process's dispatcher of that UUID; without one, of this instance's UUID."""
    return _dispatchers.get(uuid or instanceuuid.current(), default)


def pop(uuid: UUID | None = None) -> Any:
    """Forget a dispatcher and return it; ``KeyError`` if there is none."""
    return _dispatchers.pop(uuid or instanceuuid.current())


def clear() -> None:
    """Forget all dispatchers."""
    _dispatchers.clear()


class Dispatcher:
    """Works on all queues of a database. ``ValueError`` if this process has one with the same UUID.

    ``poll_interval`` (seconds) is how often it looks without being woken: the pace only of storages that do not tell
    of changes. ``reactor`` is offered to jobs as ``zc.async_.local.getReactor()``.
    """

    def __init__(self, db: DB, reactor: Any = None, poll_interval: float = 5, uuid: UUID | None = None) -> None:
        self.UUID = uuid or instanceuuid.getUUID()
        if self.UUID in _dispatchers:
            raise ValueError("dispatcher for this UUID is already registered")
        self.db = db
        self.reactor = reactor
        self.poll_interval = poll_interval
        self.thread: threading.Thread | None = None
        self.stopping = threading.Event()
        self.activated: datetime | None = None
        self.last_poll: datetime | None = None
        self._bell = threading.Event()
        self._dispatch_thread: threading.Thread | None = None
        self._pools: dict[tuple[str, str], AgentThreadPool] = {}
        self._next_due: datetime | None = None
        self._next_prune: datetime | None = None
        _dispatchers[self.UUID] = self

    # Life

    def activate(self) -> None:
        """Start the dispatch thread; ``ValueError`` if it runs already."""
        if self.activated is not None:
            raise ValueError("already activated")
        events.info("attempting to activate dispatcher %s", self.UUID)
        self.prepare()
        self._dispatch_thread = threading.Thread(target=self._loop, name="zc.async dispatch", daemon=True)
        self._dispatch_thread.start()

    def prepare(self) -> None:
        """Open what the passes need; for those who call :meth:`poll` themselves instead of :meth:`activate`."""
        self.activated = clock.now()
        self.stopping.clear()
        self._bell.set()
        self.change_connection_pool(1)
        self._transactions = TransactionManager()
        self._connection = self.db.open(self._transactions)
        self._heartbeat = Heartbeat(self.UUID)
        self._claimer = Claimer(self.UUID, self._pool_of)
        self._waker = Waker(self.db, self.wake)
        self._waker.start()

    def deactivate(self, timeout: float = 3) -> bool:
        """Stop claiming, let running jobs go on for ``timeout`` seconds, give back the rest, and end.

        Whether all threads have ended. A thread still in a job's code finds its job taken away later; while it runs
        the database must not be closed. ``ValueError`` if not activated. For any thread but this dispatcher's own.
        """
        if self.activated is None:
            raise ValueError("not activated")
        deadline = time.monotonic() + timeout
        self.stopping.set()
        self.wake()
        if self._dispatch_thread is not None:
            self._dispatch_thread.join(timeout)
        unbegun = {key: pool.stop() for key, pool in self._pools.items()}
        still_running = [pool for pool in self._pools.values() if not pool.join(lambda: deadline - time.monotonic())]
        self._waker.stop()
        self._finally_in_transaction(lambda: self._end(unbegun))
        self._connection.close()
        self.change_connection_pool(-1)
        self._pools.clear()
        self.activated = None
        events.info("deactivated dispatcher %s", self.UUID)
        return not still_running

    def _end(self, unbegun: dict[tuple[str, str], list[Assignment]]) -> None:
        for (queue_name, agent_name), assignments in unbegun.items():
            record = self._connection.root()[KEY][queue_name].dispatchers.get(self.UUID, {})
            if assignments and agent_name in record:
                give_back(record[agent_name], assignments, interrupted=False)
        self._heartbeat.end(self._connection)

    def wake(self) -> None:
        """Look for jobs now. From any thread; never blocks."""
        self._bell.set()

    def change_connection_pool(self, difference: int) -> None:
        """Let the database keep that many connections more."""
        self.db.setPoolSize(self.db.getPoolSize() + difference)

    # Work

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                self.poll()
            except ClientDisconnected as error:
                events.error("the database server is away: %s", error)
            except TransientError:
                self.wake()
            except Exception:  # the thread must live on: the cause may pass, and the log tells
                events.critical("dispatcher %s could not look for jobs", self.UUID, exc_info=True)
            self._bell.wait(self._patience())
            self._gather()

    def _gather(self) -> None:
        """Let threads that are committing come free first, so that one claim serves them all.

        A ZEO client makes one commit at a time: ours would have to wait for theirs anyway.
        """
        deadline = time.monotonic() + GATHER_LIMIT
        while any(pool.committing for pool in self._pools.values()) and time.monotonic() < deadline:
            self._bell.clear()
            self._bell.wait(GATHER_LIMIT)

    def _patience(self) -> float:
        if self._next_due is None:
            return self.poll_interval
        return min(max((self._next_due - clock.now()).total_seconds(), 0), self.poll_interval)

    def poll(self) -> bool:
        """One pass: show that we live, claim as much as there are free threads for. Whether anything was claimed.

        Raises ``TransientError`` when others were faster several times, ``ClientDisconnected`` without a server.
        """
        self._bell.clear()
        for attempt in range(ATTEMPTS):
            try:
                return self._pass(clock.now())
            except TransientError:
                self._transactions.abort()
                if attempt == ATTEMPTS - 1:
                    raise
            except BaseException:
                self._transactions.abort()
                raise
        return False

    def _pass(self, now: datetime) -> bool:
        self._transactions.begin()
        queues = self._heartbeat.step(self._connection, now)
        claimed = self._claimer.step(queues)
        self._prune(queues, now)
        self._watch(queues)
        self._next_due = min((due for due in (queue.next_due() for queue in queues) if due is not None), default=None)
        self._transactions.get().note("zc.async claim" if claimed else "zc.async")
        self._transactions.commit()
        self._heartbeat.committed(queues)
        self._claimer.hand_over()
        self.last_poll = now
        return claimed

    def _prune(self, queues: list[Queue], now: datetime) -> None:
        if self._next_prune is not None and now < self._next_prune:
            return
        self._next_prune = now + PRUNE_INTERVAL
        for queue in queues:
            for agent in queue.dispatchers[self.UUID].values():
                agent.prune(now, RETENTION)

    def _watch(self, queues: list[Queue]) -> None:
        """Watch what a put must touch, pausing, and what the claimer says."""
        container = self._connection.root().get(KEY)
        watched = [z64 if container is None else container._p_oid]
        for queue in queues:
            watched += [queue._p_oid, *(inlet._p_oid for inlet in queue.inlets())]
        watched += [obj._p_oid for obj in self._claimer.watched]
        if self._waker.watch(watched):
            self.wake()

    def _pool_of(self, queue: Queue, agent_name: str, size: int) -> AgentThreadPool:
        key = (queue.name or "", agent_name)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = AgentThreadPool(self, agent_name, size, self.wake)
        elif pool.size != size:
            pool.resize(size)
        return pool

    def _finally_in_transaction(self, act: Callable[[], None]) -> None:
        """Commit an act against all conflicts; without a server it is left to the next start, which rescues."""
        while True:
            self._transactions.begin()
            try:
                act()
                self._transactions.commit()
                return
            except TransientError:
                self._transactions.abort()
            except ClientDisconnected:
                self._transactions.abort()
                events.error("dispatcher %s ends without the database server; its next start will clean up", self.UUID)
                return

    # Telling

    def getStatusInfo(self) -> dict[str, Any]:
        """Status, poll interval, time since the last poll, uptime and UUID. From any thread."""
        now = clock.now()
        activated, last_poll = self.activated, self.last_poll
        status, since = STOPPED, None
        if activated is not None:
            since = now - (last_poll or activated)
            late = since > timedelta(seconds=self.poll_interval) + STUCK_AFTER
            status = STUCK if late else STARTING if last_poll is None else RUNNING
        return {
            "status": status,
            "poll interval": timedelta(seconds=self.poll_interval),
            "time since last poll": since,
            "uptime": None if activated is None or last_poll is None else now - activated,
            "uuid": self.UUID,
        }
