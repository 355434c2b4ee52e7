"""The queues as a request sees them: in its own transaction, made when there are none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from ZODB.interfaces import IBlobStorage
from zope.component import queryUtility

from plone.app.async_.databases import QUEUES
from plone.app.async_.databases import QueuesOutOfReach
from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.interfaces import UnknownQueue
from zc.async_.interfaces import KEY
from zc.async_.interfaces import IQueue
from zc.async_.queue import Queue
from zc.async_.queue import Queues


if TYPE_CHECKING:
    from datetime import datetime

    from ZODB.Connection import Connection

    from zc.async_.job import Job

AnyJob = TypeVar("AnyJob", bound="Job")

DEFAULT_QUEUE = ""
DEFAULT_QUOTA = "default"
DEFAULT_QUOTA_SIZE = 1


def existing_queues(connection: Connection) -> Queues | None:
    """The queues by name as :func:`open_queues` gives them, or None if there are none yet; writes nothing."""
    return queues_connection(connection).root().get(KEY)


def open_queues(connection: Connection) -> Queues:
    """The queues by name, in the transaction of a connection to the sites' database.

    If no worker has ever started, the container, the default queue and its default quota are made in that
    transaction, so that a site can queue jobs before it has a worker. Raises ``QueuesOfVersion1``, and
    ``QueuesOutOfReach`` if their database and that of the site are not configured together.
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
    """The connection to the queues' database that belongs to the transaction of this one; ``QueuesOutOfReach``.

    In a process without a role file, such as a test, they are in the connection's own database.
    """
    database = queryUtility(IAsyncDatabase)
    known = connection.db().databases
    if database is None:
        if QUEUES in known:
            raise QueuesOutOfReach(
                f"there is a database {QUEUES!r}, but no worker may look there: this process has loaded no role file. "
                'Add <include package="plone.app.async" file="multi_db_instance.zcml" /> to its ZCML'
            )
        return connection
    if database.database_name not in known:
        raise QueuesOutOfReach(
            f"the queues are in database {database.database_name!r}, which is not one of those that share the site's "
            f"transactions: {', '.join(map(repr, known))}. Configure both in one zope.conf"
        )
    return connection.get_connection(database.database_name)


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


def check_quota_names(queue: Queue, quota_names: Iterable[str] | None) -> tuple[str, ...]:
    """The quotas that callers mean: None stands for the default one, which is made if the queue has none."""
    if isinstance(quota_names, str):
        raise TypeError(f"quota_names must be an iterable of names, not the text {quota_names!r}")
    if quota_names is None:
        ensure_default_quota(queue)
        return (DEFAULT_QUOTA,)
    names = tuple(quota_names)
    queue.check_quota_names(names)
    return names


def put_limited(
    queue: Queue,
    quota_names: tuple[str, ...],
    job: AnyJob,
    begin_by: timedelta | None = None,
    begin_after: datetime | None = None,
) -> AnyJob:
    """Put a new job into a queue, under these quotas and within these limits of time."""
    if begin_by is not None and not isinstance(begin_by, timedelta):
        raise TypeError(f"begin_by must be a timedelta or None, not {begin_by!r}; begin_after comes second")
    if quota_names != job.quota_names:  # what is the default of a class is not stored
        job.quota_names = quota_names
    queue.put(job, begin_after=begin_after, begin_by=begin_by)
    return job
