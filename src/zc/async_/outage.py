"""The absence of the database server, by one name: ``ClientDisconnected``, as ZEO has it.

RelStorage lets the errors of its database driver through, and connections to it ask the server at the end of each
transaction: there even ``abort`` fails while the server is away. The classes of such errors are known by the names that
the Python database API gives them, and told from errors of a job's own connections by where they come from.

A ZEO server whose disk is full, or fails, is there but stores nothing: it is as good as away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING
from typing import Any

from transaction import TransactionManager
from ZEO.Exceptions import ClientDisconnected
from ZEO.Exceptions import ServerException


if TYPE_CHECKING:
    from ZODB.Connection import Connection

STORAGE = "relstorage"

DRIVER_ERRORS = ("OperationalError", "InterfaceError")
STORAGE_ERRORS = ("StorageDisconnectedDuringCommit", "UnableToAcquireCommitLockError")
"""The second says that the server is there, but let nobody commit for half a minute: it is as good as away."""

DISK_ERROR = "builtins.OSError"
"""What a ZEO server tells that an error of its operating system was."""


@contextmanager
def named() -> Iterator[None]:
    """Let an error that says that the server is away be ``ClientDisconnected``, whatever the storage calls it."""
    try:
        yield
    except Exception as error:
        if _is_outage(error):
            raise ClientDisconnected(str(error).strip()) from error
        raise


def _is_outage(error: Exception) -> bool:
    if isinstance(error, ServerException):
        return error.args[:1] == (DISK_ERROR,)
    names = {each.__name__ for each in type(error).__mro__}
    return not names.isdisjoint(DRIVER_ERRORS + STORAGE_ERRORS) and _came_through(error.__traceback__)


def _came_through(traceback: TracebackType | None) -> bool:
    """Whether the error was raised in the storage, or in what that called."""
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0] == STORAGE:
            return True
        traceback = traceback.tb_next
    return False


class Transactions:
    """A transaction manager whose ``begin`` and ``commit`` raise ``ClientDisconnected`` when the server is away.

    ``abort`` does not: the next ``begin`` will. For one thread, as the manager.
    """

    def __init__(self, manager: TransactionManager) -> None:
        self.manager = manager

    def begin(self) -> Any:
        with named():
            return self.manager.begin()

    def get(self) -> Any:
        return self.manager.get()

    def commit(self) -> None:
        with named():
            self.manager.commit()

    def abort(self) -> None:
        with suppress(ClientDisconnected), named():
            self.manager.abort()


def transactions_of(connection: Connection) -> Transactions:
    """Those of a connection."""
    return Transactions(connection.transaction_manager)
