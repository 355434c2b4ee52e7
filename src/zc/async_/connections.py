"""Connections to the database, and whose they are."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from typing import Any

from transaction import TransactionManager
from twisted.internet.defer import Deferred
from ZODB.DB import DB
from ZODB.interfaces import IConnection
from ZODB.POSException import ConnectionStateError
from zope.interface import Interface

from zc.async_ import outage


if TYPE_CHECKING:
    from ZODB.Connection import Connection

BACKOFF_STEP = 1 / 16
BACKOFF_SPREAD = 0.05
LONGEST_BACKOFF = 0.5


class IQueuesDatabase(Interface):
    """Marks the ZODB database (``DB``) with the queues; a utility of processes that know it without a dispatcher."""


def availableConnectionCount(db: DB) -> int:
    """How many connections may still be opened before the pool is larger than it should be."""
    pool = db.pool
    return db.getPoolSize() - (len(pool.all) - len(pool.available))


def get_connection(
    db: DB, deferred: Deferred[Any] | None = None, backoff: float = 0, reactor: Any = None
) -> Deferred[Any]:
    """A Deferred that fires with a connection which has a transaction manager of its own.

    While the pool is exhausted it waits, in the reactor, one or two seconds in all, and then opens one regardless.
    """
    waiting: Deferred[Any] = Deferred() if deferred is None else deferred
    backoff += BACKOFF_STEP + random.uniform(0, BACKOFF_SPREAD)  # noqa: S311 (spreads load, keeps no secret)
    if availableConnectionCount(db) > 0 or backoff >= LONGEST_BACKOFF:
        try:
            with outage.named():
                opened = db.open(TransactionManager())
        except Exception:  # it is the Deferred's outcome
            waiting.errback()
        else:
            waiting.callback(opened)
    else:
        _reactor(reactor).callLater(backoff, get_connection, db, waiting, backoff, reactor)
    return waiting


@contextmanager
def kept_open(connection: Connection) -> Iterator[None]:
    """Do not let this thread close a connection, nor those that came with it: that raises ``ConnectionStateError``.

    A closed one goes to whoever opens the next, also in another thread, while the objects of its former user are still
    bound to it. For the thread that the connection belongs to; others close the database as always, when the process
    ends without waiting for a job.
    """
    connections = tuple(connection.connections.values())
    owner = threading.get_ident()
    for each in connections:
        each.close = partial(_close_for_others, owner, each)
    try:
        yield
    finally:
        for each in connections:
            del each.close


def _close_for_others(owner: int, connection: Connection, primary: bool = True) -> None:
    if threading.get_ident() == owner:
        raise ConnectionStateError("a job cannot close its connection to the database: its worker goes on with it")
    type(connection).close(connection, primary)


def rest(connection: Connection) -> None:
    """Hold nothing on the database server until the next transaction begins, which reads what is there then.

    A connection to PostgreSQL would keep its last view of the database for as long as it is idle, and keep the server
    from cleaning up what was changed since. Where a connection is closed ZODB does the same.
    """
    for each in connection.connections.values():
        end_snapshot(each._storage)


def end_snapshot(storage: Any) -> None:
    """Let a storage instance give up its view of the database, if it has one."""
    if hasattr(storage, "afterCompletion"):
        storage.afterCompletion()


def hear_out(storage: Any) -> None:
    """Return when all is known here that the storage's server has told before it was asked; at once if it has none.

    Raises ``ClientDisconnected`` after the storage's ``wait_timeout``: a ZEO client alone would just hear nothing more.
    """
    ping = getattr(storage, "ping", None)
    if ping is not None:
        ping()


def _reactor(reactor: Any) -> Any:
    if reactor is None:
        from twisted.internet import reactor  # importing it installs it, which only users of it want
    return reactor


def fetch(objects: Iterable[Any]) -> None:
    """Load what is not loaded yet, in one round trip to the server instead of one each."""
    missing: dict[Connection, list[Any]] = {}
    for obj in objects:
        if obj._p_changed is None:
            missing.setdefault(obj._p_jar, []).append(obj)
    for jar, ghosts in missing.items():
        if len(ghosts) > 1:
            jar.prefetch(ghosts)


def note_activity(used: Any) -> None:
    """Let the databases' activity monitors know what a connection has done since the last time, though it stays open.

    They ask a connection only when it is closed, which those of worker threads are not between jobs. A connection to
    another database counts as well, if it was used. For the thread that the connection belongs to.
    """
    for each in used.connections.values():
        monitor = each.db().getActivityMonitor()
        if monitor is not None and any(each.getTransferCounts()):
            monitor.closedConnection(each)


def connection(ob: Any) -> Any:
    """The connection of a persistent object or of the nearest of its parents that has one; None if there is none.

    An adapter to ``IConnection``.
    """
    while ob is not None:
        jar = getattr(ob, "_p_jar", None)
        if jar is not None:
            return jar
        ob = getattr(ob, "__parent__", None)
    return None


def transactionManager(obj: Any) -> Any:
    """The transaction manager of a connection, or of a persistent object's. An adapter to ``ITransactionManager``."""
    return IConnection(obj).transaction_manager
