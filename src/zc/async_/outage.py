"""The absence of the database server, by one name: ``ClientDisconnected``, as ZEO has it.

RelStorage lets the errors of its database driver through, and connections to it ask the server at the end of each
transaction: there even ``abort`` fails while the server is away. The classes of such errors are known by the names that
the Python database API gives them, and told from errors of a job's own connections by where they come from.

A ZEO server whose disk is full, or fails, is there but stores nothing: it is as good as away.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING
from typing import Any

from transaction import TransactionManager
from transaction.interfaces import TransientError
from ZEO.Exceptions import ClientDisconnected
from ZEO.Exceptions import ServerException
from ZODB.POSException import ConflictError

from zc.async_ import metrics
from zc.async_.errors import is_conflict


if TYPE_CHECKING:
    from ZODB.Connection import Connection

STORAGE = "relstorage"

DRIVER_ERRORS = ("OperationalError", "InterfaceError")
STORAGE_ERRORS = ("StorageDisconnectedDuringCommit", "UnableToAcquireCommitLockError")
"""The second says that the server is there, but let nobody commit for half a minute: it is as good as away."""

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENFILE, errno.EMFILE)
"""Those that meet all who write, until somebody sees to the server. Others may come of one object, again and again."""

SAME_OID = "A different object already has the same oid"
"""What the cache of a connection says when a new object gets the oid of one that was loaded."""


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
        return _tells_of_disk(error)
    names = {each.__name__ for each in type(error).__mro__}
    return not names.isdisjoint(DRIVER_ERRORS + STORAGE_ERRORS) and _came_through(error.__traceback__)


def _tells_of_disk(error: ServerException) -> bool:
    """Whether that is what a ZEO server says when it can store nothing; it tells a type by its name."""
    match error.args:
        case ("builtins.OSError", (number, *_)):
            return number in DISK_ERRORS
    return False


def _came_through(traceback: TracebackType | None) -> bool:
    """Whether the error was raised in the storage, or in what that called."""
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0] == STORAGE:
            return True
        traceback = traceback.tb_next
    return False


class Transactions:
    """A transaction manager whose ``begin`` and ``commit`` raise ``ClientDisconnected`` when the server is away.

    ``abort`` does not: the next ``begin`` will. For one thread, as the manager. Conflicts of commits are counted;
    ``whose`` they are is one of those of ``metrics``. While clients come back to a server that was started again, they
    may give one oid to two objects, having one of them from the server before: for ``commit`` that is a conflict like
    others.
    """

    def __init__(self, manager: TransactionManager, whose: str = metrics.JOB) -> None:
        self.manager = manager
        self._whose = whose

    def begin(self) -> Any:
        with named():
            return self.manager.begin()

    def get(self) -> Any:
        return self.manager.get()

    def commit(self) -> None:
        try:
            with named():
                self._commit()
        except TransientError as error:
            if is_conflict(error):
                metrics.process.conflicted(self._whose)
            raise

    def _commit(self) -> None:
        try:
            self.manager.commit()
        except ValueError as error:
            if str(error) != SAME_OID:
                raise
            raise ConflictError(SAME_OID) from error

    def commit_act(self, act: Callable[[], None]) -> None:
        """Commit what ``act`` does against all conflicts, however often it takes; ``ClientDisconnected``."""
        while True:
            try:
                self.begin()
                with named():
                    act()
                self.commit()
                return
            except BaseException as error:
                self.abort()
                if not is_conflict(error):
                    raise

    def abort(self) -> None:
        with suppress(ClientDisconnected), named():
            self.manager.abort()


def transactions_of(connection: Connection) -> Transactions:
    """Those of a connection."""
    return Transactions(connection.transaction_manager)
