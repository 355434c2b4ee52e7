"""The databases of a process as data: which one has the queues, and where others are left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zope.component import queryUtility

from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.queues import queues_connection
from zc.async_.interfaces import KEY
from zc.async_.queue import Queue


if TYPE_CHECKING:
    from ZODB.Connection import Connection


@dataclass(frozen=True)
class DatabaseSummary:
    """A database as it is called in zope.conf.

    ``is_root`` if the Zope root is in it, ``has_queues`` if it is the one whose queues are used. In others,
    ``left_behind`` counts the jobs that wait in queues which this process does not look at.
    """

    name: str
    is_root: bool
    has_queues: bool
    left_behind: int


def are_queues_located() -> bool:
    """Whether this process has been told which database has the queues, as all that load a role file are."""
    return queryUtility(IAsyncDatabase) is not None


def summarize_databases(root: Connection) -> list[DatabaseSummary]:
    """Describe all databases, by the connection to that of the Zope root; reads a few objects of each."""
    used = queues_connection(root)
    connections = [root.get_connection(name) for name in sorted(root.db().databases)]
    return [_summarize(connection, root, used) for connection in connections]


def _summarize(connection: Connection, root: Connection, used: Connection) -> DatabaseSummary:
    queues = () if connection is used else connection.root().get(KEY, {}).values()
    return DatabaseSummary(
        name=connection.db().database_name,
        is_root=connection is root,
        has_queues=connection is used,
        left_behind=sum(len(queue) for queue in queues if isinstance(queue, Queue)),
    )
