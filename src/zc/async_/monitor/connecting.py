"""The way of a command to the queues: a connection of its own, for reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transaction import TransactionManager
from ZEO.Exceptions import ClientDisconnected
from ZODB.Connection import Connection
from ZODB.interfaces import IDatabase
from zope.component import queryUtility

from zc.async_ import dispatcher
from zc.async_ import outage
from zc.async_.connections import IQueuesDatabase
from zc.async_.monitor.interfaces import ToolError
from zc.async_.outage import Transactions


__all__ = ["queues_connection", "queues_database"]

UNREACHABLE = (
    "[This process knows no database with queues: it runs no dispatcher, and has neither a utility of IQueuesDatabase "
    "nor an unnamed one of IDatabase]"
)

AWAY = "[The database server is away]"


def queues_database() -> Any:
    """The database of this process's dispatcher, else the one marked as that with the queues, else the main one.

    Raises :class:`ToolError`.
    """
    own = dispatcher.get()
    if own is not None:
        return own.db
    found = queryUtility(IQueuesDatabase) or queryUtility(IDatabase)
    if found is None:
        raise ToolError(UNREACHABLE)
    return found


@contextmanager
def queues_connection() -> Iterator[Connection]:
    """A connection that sees what is there now. Whatever is done with it is undone at the end.

    Raises :class:`ToolError`, also while the database server is away.
    """
    transactions = Transactions(TransactionManager())
    try:
        with outage.named():
            opened = queues_database().open(transactions.manager)
            try:
                yield opened
            finally:
                transactions.abort()
                opened.close()
    except ClientDisconnected as error:
        raise ToolError(AWAY) from error
