"""The worker threads of one agent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import transaction
from ZEO.Exceptions import ClientDisconnected
from ZODB.utils import u64

from zc.async_ import outage
from zc.async_.connections import kept_open
from zc.async_.connections import note_activity
from zc.async_.connections import rest
from zc.async_.executor import deliver
from zc.async_.executor import perform
from zc.async_.interfaces import ReassignedError
from zc.async_.journal import JobId
from zc.async_.outage import Transactions
from zc.async_.threadlocal import local


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.dispatcher import Dispatcher

events = logging.getLogger("zc.async.events")
trace = logging.getLogger("zc.async.trace")

TRANSACTIONS = Transactions(transaction.manager)
"""Those of the thread that uses them."""

RECONNECT_WAIT = 5
"""Seconds between two attempts to load a job while the database server is away."""


class Assignment(NamedTuple):
    """A started job on its way to a thread."""

    oid: bytes
    key: int
    database_name: str


class Delivery(NamedTuple):
    """The result of a job that had returned a promise of it, on its way to a thread that stores it."""

    assignment: Assignment
    value: Any


class AgentThreadPool:
    """As many threads as the agent may work on jobs, each with a connection of its own for its whole life.

    The thread's ordinary ``transaction.manager`` is the connection's. ``size`` is set by the dispatch thread only.
    ``lost`` are jobs that a thread could not bring to an outcome; the claimer returns them to their queue.
    """

    def __init__(self, dispatcher: Dispatcher, name: str, size: int, finished: Callable[[], object]) -> None:
        self.dispatcher = dispatcher
        self.name = name
        self._finished = finished
        self._inbox: SimpleQueue[Assignment | Delivery | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._at_work: dict[int, Assignment] = {}
        self._coming_back: set[Assignment] = set()
        self._committing: set[int] = set()
        self._waiting: dict[Assignment, None] = {}
        self.lost: set[Assignment] = set()
        self.size = 0
        self.resize(size)

    def resize(self, size: int) -> None:
        """Start or end threads; a thread that works on a job ends after it."""
        difference = size - self.size
        self.size = size
        self.dispatcher.change_connection_pool(difference)
        for _ in range(difference):
            thread = threading.Thread(target=self._work, name=f"zc.async {self.name or 'agent'}", daemon=True)
            with self._lock:
                self._threads.add(thread)
            thread.start()
        for _ in range(-difference):
            self._inbox.put(None)

    @property
    def free(self) -> int:
        """How many threads have nothing to do."""
        with self._lock:
            return max(self.size - len(self._at_work) - len(self._waiting), 0)

    def has(self, assignment: Assignment) -> bool:
        """Whether a thread works on it or is to; not so if its job waits for a promise."""
        with self._lock:
            places = (self._waiting, self._coming_back, self._at_work.values(), self.lost)
            return any(assignment in place for place in places)

    @property
    def committing(self) -> bool:
        """Whether a thread is committing what its job did, and so about to come free."""
        return bool(self._committing)

    def note_commit(self, begins: bool) -> None:
        """Note that the calling thread is about to come free, or is not after all."""
        (self._committing.add if begins else self._committing.discard)(threading.get_ident())

    def run(self, assignment: Assignment) -> None:
        """Let a thread run a started job."""
        with self._lock:
            self._waiting[assignment] = None
        self._inbox.put(assignment)

    def come_back(self, oid: bytes, database_name: str, key: int, value: Any) -> None:
        """Let a thread store the result of a job that had returned a promise of it. From any thread."""
        assignment = Assignment(oid, key, database_name)
        with self._lock:
            self._coming_back.add(assignment)
        self._inbox.put(Delivery(assignment, value))

    def stop(self) -> list[Assignment]:
        """Take back what no thread has begun, and let the threads end."""
        with self._lock:
            unbegun = list(self._waiting)
            self._waiting.clear()
        self.resize(0)
        for assignment in unbegun:
            self.dispatcher.journal.loses(*_names(assignment))
        return unbegun

    def join(self, deadline: Callable[[], float]) -> bool:
        """Wait for the threads until ``deadline()`` seconds are used up; whether all have ended."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(deadline(), 0))
        return not any(thread.is_alive() for thread in threads)

    def _work(self) -> None:
        local.dispatcher = self.dispatcher
        local.name = self.name
        connection = self._connect()
        try:
            while connection is not None and (item := self._inbox.get()) is not None:
                self._work_on(connection, item)
                rest(connection)
        finally:
            TRANSACTIONS.abort()
            if connection is not None:
                connection.close()
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _connect(self) -> Connection | None:
        """The thread's connection; None if the dispatcher stops while the database server is away."""
        while True:
            try:
                with outage.named():
                    connection = self.dispatcher.db.open()
            except ClientDisconnected:
                if self.dispatcher.stopping.wait(RECONNECT_WAIT):
                    return None
            else:
                connection.setDebugInfo(f"worker thread of agent {self.name!r}")
                rest(connection)
                return connection

    def _work_on(self, connection: Connection, item: Assignment | Delivery) -> None:
        if self._begin(item):
            try:
                self._perform(connection, item)
            finally:
                self._end()
            note_activity(connection)

    def _begin(self, item: Assignment | Delivery) -> bool:
        with self._lock:
            if isinstance(item, Delivery):
                self._coming_back.discard(item.assignment)
            elif item not in self._waiting:
                return False  # stop() has taken it back
            else:
                del self._waiting[item]
            self._at_work[threading.get_ident()] = item.assignment if isinstance(item, Delivery) else item
            return True

    def _end(self) -> None:
        with self._lock:
            del self._at_work[threading.get_ident()]
            self.note_commit(False)
        self._finished()

    def _perform(self, connection: Connection, item: Assignment | Delivery) -> None:
        """Run a job to its outcome. The top of the thread: whatever happens is logged, and the thread goes on."""
        assignment = item if isinstance(item, Assignment) else item.assignment
        try:
            while not self._try(connection, assignment, item):
                if self.dispatcher.stopping.wait(RECONNECT_WAIT):
                    return
        except ReassignedError as error:
            trace.info("job %d is no longer ours: %s", u64(assignment.oid), error)
        except BaseException:
            events.critical("unexpected error while running job %d", u64(assignment.oid), exc_info=True)
            self.lost.add(assignment)
        finally:
            self.dispatcher.journal.loses(*_names(assignment))  # unless it came to an outcome
            TRANSACTIONS.abort()

    def _try(self, connection: Connection, assignment: Assignment, item: Assignment | Delivery) -> bool:
        """Whether the job could be run: False while the database server is away."""
        try:
            with outage.named():
                self._run(connection, assignment, item)
        except ClientDisconnected as error:
            events.info("job %d waits for the database server: %s", u64(assignment.oid), error)
            return False
        return True

    def _run(self, connection: Connection, assignment: Assignment, item: Assignment | Delivery) -> None:
        journal = self.dispatcher.journal
        TRANSACTIONS.begin()
        job = connection.get_connection(assignment.database_name).get(assignment.oid)
        with local.running(job), kept_open(connection):
            call = repr(job)
            journal.begins(*_names(assignment), call)
            trace.info("starting in thread %s: %s", threading.get_ident(), call)
            if isinstance(item, Delivery):
                outcome = deliver(job, assignment.key, item.value, self)
            else:
                outcome = perform(job, assignment.key, self)
            journal.ends(*_names(assignment), outcome)
            trace.info("completed in thread %s: %s", threading.get_ident(), call)


def _names(assignment: Assignment) -> tuple[JobId, int]:
    """What the journal calls an assignment."""
    return (u64(assignment.oid), assignment.database_name), assignment.key
