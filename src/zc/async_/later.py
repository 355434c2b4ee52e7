"""Results that are not there yet when a job's code returns: Twisted's Deferreds and ``concurrent.futures`` futures.

What the job has done so far is committed, and its thread turns to other jobs. The job stays ACTIVE and keeps its claim,
so it still counts against the agent's ``size`` and its quotas: it is at work, only elsewhere. Its result is stored by a
worker thread, never by the one in which it came about. If the process ends before, the job is rescued like any other
and run again.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures import Future
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

from transaction import TransactionManager
from twisted.internet.defer import Deferred
from twisted.python import failure
from ZEO.Exceptions import ClientDisconnected

from zc.async_ import outage
from zc.async_.outage import Transactions
from zc.async_.patience import Patience
from zc.async_.threadlocal import local
from zc.async_.twist import Failure
from zc.async_.twist import sanitize


if TYPE_CHECKING:
    from ZODB.DB import DB

events = logging.getLogger("zc.async.events")


class Host(Protocol):
    """The surroundings in which a job runs."""

    def note_commit(self, begins: bool) -> None:
        """Called with True when the commit of an attempt begins, with False when the thread has more to do."""

    def come_back(self, oid: bytes, database_name: str, key: int, value: Any) -> None:
        """Let a worker thread store the result of the job that began at ``key``. Called in any thread."""


class OwnThread:
    """The host of jobs that are simply called: a result that comes later is stored by a thread of its own.

    It waits for the database server as long as that is away. If the process dies before, nobody runs the job again.
    """

    def __init__(self, db: DB) -> None:
        self._db = db

    def note_commit(self, begins: bool) -> None:
        """Nobody waits for it."""

    def come_back(self, oid: bytes, database_name: str, key: int, value: Any) -> None:
        """Store it in a new thread with a new connection."""
        arguments = oid, database_name, key, value
        threading.Thread(target=self._store, args=arguments, name="zc.async result", daemon=True).start()

    def _store(self, *delivery: Any) -> None:
        patience = Patience()
        while True:
            try:
                with outage.named():
                    return self._deliver(*delivery)
            except ClientDisconnected:
                patience.wait()
            except Exception:  # the thread's top: its end must not go unnoticed
                events.critical("the result of a job could not be stored", exc_info=True)
                return

    def _deliver(self, oid: bytes, database_name: str, key: int, value: Any) -> None:
        from zc.async_.executor import deliver

        transactions = Transactions(TransactionManager())
        connection = self._db.open(transactions.manager)
        try:
            deliver(connection.get_connection(database_name).get(oid), key, value, self)
        finally:
            transactions.abort()
            connection.close()


def comes_later(result: Any) -> bool:
    """Whether a job's return value is only the promise of a result."""
    return isinstance(result, (Deferred, Future))


def when_there(promise: Any, deliver: Callable[[Any], object]) -> None:
    """Call ``deliver`` with the value or Failure, in whatever thread it comes about in."""
    if isinstance(promise, Future):
        promise.add_done_callback(lambda future: deliver(_outcome(future)))
        return

    def fired(value: Any) -> None:
        deliver(sanitize(value) if isinstance(value, failure.Failure) else value)

    reactor = _running_reactor()
    if reactor is None:
        promise.addBoth(fired)
    else:
        # Deferreds know nothing of threads: ours must not touch one that the reactor is about to fire.
        reactor.callFromThread(promise.addBoth, fired)


def _outcome(future: Future[Any]) -> Any:
    if future.cancelled():
        return Failure(CancelledError())
    error = future.exception()
    return future.result() if error is None else Failure(error)


def _running_reactor() -> Any:
    offered = None if local.dispatcher is None else local.dispatcher.reactor
    for reactor in (offered, sys.modules.get("twisted.internet.reactor")):
        if getattr(reactor, "running", False):
            return reactor
    return None
