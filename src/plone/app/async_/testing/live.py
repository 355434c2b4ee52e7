"""A worker in the process of the tests: queues in a test's database, and a dispatcher with its threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any
from uuid import UUID
from uuid import uuid4

from ZODB.DB import DB
from ZODB.DemoStorage import DemoStorage
from zope.component import getGlobalSiteManager

from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.queues import ensure_default_quota
from zc.async_ import dispatcher as dispatchers
from zc.async_.ftesting import end_dispatcher
from zc.async_.interfaces import DatabaseOpened
from zc.async_.queue import Queue
from zc.async_.subscribers import QueueInstaller
from zc.async_.subscribers import ThreadedDispatcherInstaller
from zc.async_.testing import get_poll


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.dispatcher import Dispatcher

POLL_INTERVAL = 0.2
"""Seconds; commits wake the dispatcher anyway."""

SEPARATE = "async"


@contextmanager
def live_worker(db: Any, separate_database: bool = False) -> Iterator[Dispatcher]:
    """Make queues in the database of a test, or in one that is joined to it, and run a dispatcher for them.

    Commits in a transaction of its own. At the end, raises ``zc.async_.testing.TearDownDispatcherError`` if jobs do
    not end; all else is undone even then.
    """
    home = createAsyncDB(db) if separate_database else db
    components = getGlobalSiteManager()
    components.registerUtility(home, IAsyncDatabase)
    try:
        setUpQueue(home)
        dispatcher = setUpDispatcher(home)
        try:
            yield dispatcher
        finally:
            cleanUpDispatcher(dispatcher.UUID)
    finally:
        components.unregisterUtility(home, IAsyncDatabase)
        if separate_database:
            home.close()
            del db.databases[SEPARATE]


def createAsyncDB(db: Any) -> DB:
    """A new database ``async`` in memory that joins in the transactions of connections to ``db``."""
    return DB(DemoStorage(), databases=db.databases, database_name=SEPARATE)


def setUpQueue(db: Any) -> None:
    """Make the default queue with its quota in a database. Commits."""
    QueueInstaller(factory=_make_queue)(DatabaseOpened(db))


def _make_queue(connection: Connection, name: str) -> Queue:
    queue = Queue()
    ensure_default_quota(queue)
    return queue


def setUpDispatcher(db: Any, uuid: UUID | None = None) -> Dispatcher:
    """Start a dispatcher with its threads, by default with a new identity; it has looked once when this returns."""
    install = ThreadedDispatcherInstaller(poll_interval=POLL_INTERVAL, uuid=uuid or uuid4(), signals=False)
    dispatcher = install(DatabaseOpened(db))
    get_poll(dispatcher, 0)
    return dispatcher


def cleanUpDispatcher(uuid: UUID | None = None) -> None:
    """End the dispatcher of that identity with its threads; without one, all of this process.

    Raises ``zc.async_.testing.TearDownDispatcherError``, naming the jobs, if some do not end.
    """
    for dispatcher in dispatchers.registered():
        if uuid in (None, dispatcher.UUID):
            end_dispatcher(dispatcher)
