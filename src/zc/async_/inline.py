"""Runs jobs in the calling thread, by what a worker does: claims, quotas, retries, callbacks. For tests and scripts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import TYPE_CHECKING
from typing import Any
from uuid import uuid4

import transaction
from ZODB.utils import z64

from zc.async_ import dispatcher as dispatchers
from zc.async_.agent import Agent
from zc.async_.dispatcher import Dispatcher
from zc.async_.errors import NotCommitted
from zc.async_.interfaces import KEY
from zc.async_.pool import AgentThreadPool
from zc.async_.threadlocal import local


if TYPE_CHECKING:
    from ZODB.Connection import Connection
    from ZODB.DB import DB

    from zc.async_.dispatchers import DispatcherAgents

SECONDS = 60.0
"""How long one run may go on, by default."""


class InlinePool(AgentThreadPool):
    """Stands for the threads of an agent: one job at a time is run by whoever calls :meth:`work_off`."""

    def resize(self, size: int) -> None:
        """There are no threads: an agent of any size above 0 gets one job at a time."""
        self.size = size

    @property
    def free(self) -> int:
        """One, unless there is something to do."""
        return min(super().free, 1)

    def come_back(self, *delivery: Any) -> None:
        """Keep a result that came about elsewhere until :meth:`work_off` stores it. From any thread."""
        super().come_back(*delivery)
        self.dispatcher.wake()

    def work_off(self, connection: Connection) -> bool:
        """Run what was handed over, in a connection of the thread's ``transaction``; whether there was anything."""
        worked = False
        while True:
            try:
                item = self._inbox.get_nowait()
            except Empty:
                return worked
            if item is not None:
                local.name = self.name
                self._work_on(connection, item)
                worked = True


class InlineDispatcher(Dispatcher):
    """A dispatcher without threads: it works while :meth:`run_due` is called, in the thread that calls it.

    In the database it looks like any other, with its agents; a queue that gives it none lets it work as ``main``. If
    the process dies, its jobs are rescued like those of others.
    """

    make_pool = InlinePool

    def run_due(self, seconds: float = SECONDS) -> None:
        """Run all jobs that may start now, and what they queue, each in transactions of its own.

        Returns after ``seconds`` even if there is more to do: a job may queue itself for ever, or have returned a
        promise that nobody keeps. What the calling thread has not committed is neither seen nor touched: meanwhile
        ``transaction`` means another transaction there. Jobs do not raise, they fail. Raises ``TransientError`` when
        others are faster several times, and ``ClientDisconnected`` without a server.
        """
        deadline = time.monotonic() + seconds
        with own_transactions(), self._being_the_worker():
            connection = self.db.open()
            try:
                while time.monotonic() < deadline:
                    if not (self.poll() | self._work_off(connection)) and not self._await_results(deadline):
                        return
            finally:
                transaction.abort()
                connection.close()

    def poll(self) -> bool:
        """Claim the next job of each agent. Whether anything was claimed."""
        claimed = super().poll()
        if any(not record for record in self._records()):
            self._transactions.commit_act(self._supply_agents)
            claimed = super().poll() or claimed
        return claimed

    def _records(self) -> list[DispatcherAgents]:
        queues = self._connection.root().get(KEY) or {}
        return [queue.dispatchers[self.UUID] for queue in queues.values() if self.UUID in queue.dispatchers]

    def _supply_agents(self) -> None:
        for record in self._records():
            if not record:
                record["main"] = Agent()

    def _work_off(self, connection: Connection) -> bool:
        pools = [pool for by_agent in self.queues.values() for pool in by_agent.values()]
        worked = [pool.work_off(connection) for pool in pools if isinstance(pool, InlinePool)]
        return any(worked)

    def _await_results(self, deadline: float) -> bool:
        """Wait for one of the results that come about elsewhere; False if none is to come, or not in time."""
        if not any(len(agent) for record in self._records() for agent in record.values()):
            return False
        return self._bell.wait(max(deadline - time.monotonic(), 0))

    @contextmanager
    def _being_the_worker(self) -> Iterator[None]:
        before = local.dispatcher, local.name
        local.dispatcher = self
        try:
            yield
        finally:
            local.dispatcher, local.name = before


@contextmanager
def own_transactions() -> Iterator[None]:
    """Let ``transaction`` mean other transactions in this thread for a while; the present one is left alone."""
    before = transaction.manager.manager
    transaction.manager.manager = transaction.TransactionManager()
    try:
        yield
    finally:
        transaction.manager.manager = before


@contextmanager
def inline_dispatcher(db: DB) -> Iterator[InlineDispatcher]:
    """An :class:`InlineDispatcher` with a passing identity, ready to work; gone from this process afterwards."""
    dispatcher = InlineDispatcher(db, uuid=uuid4())
    dispatcher.prepare()
    try:
        yield dispatcher
    finally:
        dispatcher.deactivate()
        dispatchers.pop(dispatcher.UUID)


def at_work(db: DB) -> list[Dispatcher]:
    """The dispatchers of this process that work on jobs of this database, or of one that belongs to it."""
    return [each for each in dispatchers.registered() if each.activated and each.db.databases is db.databases]


@contextmanager
def others_resting(db: DB, seconds: float = 10) -> Iterator[None]:
    """Let the dispatchers of this process rest for a while; jobs they work on may go on for ``seconds``."""
    resting = at_work(db)
    for each in resting:
        each.deactivate(seconds)
    try:
        yield
    finally:
        for each in resting:
            each.activate()


class AfterCommit:
    """Has the dispatcher run what is due after each commit; a synchronizer of the connection's transaction manager."""

    def __init__(self, dispatcher: InlineDispatcher, connection: Connection, seconds: float) -> None:
        self._dispatcher = dispatcher
        self._connection = connection
        self._seconds = seconds
        self.error: Exception | None = None

    def newTransaction(self, transaction: Any) -> None:
        """Nothing has happened yet."""

    def beforeCompletion(self, transaction: Any) -> None:
        """Come back once it is committed, if it will be."""
        transaction.addAfterCommitHook(self._run)

    def afterCompletion(self, transaction: Any) -> None:
        """Hooks are called after this."""

    def _run(self, committed: bool) -> None:
        if not committed:
            return
        try:
            self._dispatcher.run_due(self._seconds)
        except Exception as error:
            self.error = error  # the transaction only logs what its hooks raise
            raise
        for each in self._connection.connections.values():
            each.newTransaction(None)  # what the jobs did can be seen without another begin


@contextmanager
def run_at_commit(connection: Connection, seconds: float = SECONDS) -> Iterator[InlineDispatcher]:
    """Until the end of the block, run what is due right after each commit of the connection's transaction manager.

    In the thread that commits, as :meth:`InlineDispatcher.run_due` says; the connection then sees what the jobs did.
    Other dispatchers of this process rest. At the end, raises what ``run_due`` raised, and :class:`NotCommitted` if
    jobs are left that were queued and not committed.
    """
    db = connection.db()
    with others_resting(db), inline_dispatcher(db) as dispatcher:
        listener = AfterCommit(dispatcher, connection, seconds)
        manager = connection.transaction_manager
        manager.registerSynch(listener)
        try:
            yield dispatcher
        finally:
            manager.unregisterSynch(listener)
    if listener.error is not None:
        raise listener.error
    check_committed(connection)


def check_committed(connection: Connection) -> None:
    """Raise :class:`NotCommitted` if the connection's transaction has queued jobs."""
    queues = connection.root().get(KEY) or {}
    jobs = [job for queue in queues.values() for job in queue if job._p_serial == z64]
    if jobs:
        raise NotCommitted(f"{len(jobs)} jobs were queued, but not committed: {jobs!r}")
