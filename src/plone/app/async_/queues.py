"""The queues as a request sees them: in its own transaction, made when there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from ZODB.interfaces import IBlobStorage
from zope.component import queryUtility

from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.interfaces import UnknownQueue
from zc.async_.interfaces import KEY
from zc.async_.interfaces import IQueue
from zc.async_.queue import Queue
from zc.async_.queue import Queues


if TYPE_CHECKING:
    from ZODB.Connection import Connection

DEFAULT_QUEUE = ""
DEFAULT_QUOTA = "default"
DEFAULT_QUOTA_SIZE = 1


def existing_queues(connection: Connection) -> Queues | None:
    """The queues by name as :func:`open_queues` gives them, or None if there are none yet; writes nothing."""
    return queues_connection(connection).root().get(KEY)


def open_queues(connection: Connection) -> Queues:
    """The queues by name, in the transaction of a connection to the sites' database.

    If no worker has ever started, the container, the default queue and its default quota are made in that
    transaction, so that a site can queue jobs before it has a worker. Raises ``QueuesOfVersion1``.
    """
    root = queues_connection(connection).root()
    if KEY not in root:
        root[KEY] = Queues()
        root._p_jar.add(root[KEY])
    queues = root[KEY]
    if DEFAULT_QUEUE not in queues:
        queues[DEFAULT_QUEUE] = Queue()
        root._p_jar.add(queues[DEFAULT_QUEUE])
        ensure_default_quota(queues[DEFAULT_QUEUE])
    return queues


def keeps_files() -> bool:
    """Whether the database of the queues can store blobs, as that of a site can."""
    database = queryUtility(IAsyncDatabase)
    return database is None or IBlobStorage.providedBy(database.storage)


def queues_connection(connection: Connection) -> Connection:
    """The connection to the database of the queues that belongs to the same transaction."""
    database = queryUtility(IAsyncDatabase)
    return connection if database is None else connection.get_connection(database.database_name)


def find_queue(queues: Queues, queue: str | Queue) -> Queue:
    """The queue of that name, or the given queue; ``UnknownQueue`` if there is none."""
    if IQueue.providedBy(queue):
        return queue
    if queue in queues:
        return queues[queue]
    known = ", ".join(repr(name) for name in queues)
    raise UnknownQueue(f"no queue {queue!r}; the queues are {known}. Create one with getQueues()[name] = Queue()")


def ensure_default_quota(queue: Any) -> None:
    """Create the quota ``default``, one job at a time, unless there is one, whatever its size."""
    if DEFAULT_QUOTA not in queue.quotas:
        queue.quotas.create(DEFAULT_QUOTA, DEFAULT_QUOTA_SIZE)
