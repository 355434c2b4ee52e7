"""Opens the database with the queues, and gives up in time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from queue import SimpleQueue
from typing import Any

from transaction import TransactionManager
from zc.lockfile import LockError
from ZEO.ClientStorage import ClientStorage
from ZEO.Exceptions import ClientDisconnected
from ZODB.Connection import Connection
from ZODB.DB import DB
from ZODB.MappingStorage import MappingStorage
from ZODB.POSException import POSError
from ZODB.POSException import ReadOnlyError
from ZODB.POSException import StorageError

from plone.app.async_.cli.errors import CommandFailed
from plone.app.async_.cli.errors import Unreachable
from plone.app.async_.cli.errors import WrongUsage
from plone.app.async_.cli.target import Target
from plone.app.async_.cli.zopeconf import ZopeConf
from plone.app.async_.databases import QUEUES
from zc.async_ import outage
from zc.async_.interfaces import KEY


OWN_NAME = "queues"
"""What the database of a ZEO storage is called here; none that jobs may refer to."""


class Elsewhere(dict[str, DB]):
    """Databases by name. One that jobs refer to and nobody opened is empty: what is in it is named, never loaded."""

    def __missing__(self, name: str) -> DB:
        return DB(MappingStorage(), database_name=name, databases=self)


@contextmanager
def opened(target: Target, read_only: bool = True) -> Iterator[Connection]:
    """A connection to the database with the queues, with a transaction manager of its own; all is closed afterwards.

    Raises ``Unreachable`` and ``WrongUsage``; what the server's absence raises later on becomes ``Unreachable``, too.
    """
    with _explained(target, read_only):
        root: DB = _within(target.timeout, lambda: _open(target, read_only), target)
        try:
            connection = root.open(TransactionManager())
            yield _with_queues(connection, target.database)
            connection.transaction_manager.abort()
        finally:
            for database in list(root.databases.values()):
                database.close()


def _open(target: Target, read_only: bool) -> DB:
    if target.config is None:
        storage = ClientStorage(target.address, target.storage, read_only=read_only, wait_timeout=target.timeout)
        return DB(storage, database_name=OWN_NAME, databases=Elsewhere())
    config = ZopeConf(target.config)
    if target.database is not None and target.database not in config.names:
        raise WrongUsage(f"{target.config} has no database {target.database!r}, but {', '.join(config.names)}")
    return config.open(read_only, target.timeout)


def _with_queues(root: Connection, name: str | None) -> Connection:
    """Its companion of that name; by default the one that is called after the queues, if it has some, else itself."""
    companions = {each: root.get_connection(each) for each in list(root.db().databases)}
    if name is not None:
        return companions[name]
    queues = companions.get(QUEUES)
    return queues if queues is not None and KEY in queues.root() else root


def _within(seconds: float, open_: Callable[[], Any], target: Target) -> Any:
    """What ``open_`` returns or raises, in a thread of its own: not every storage can be told how long to try."""
    outcome: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def work() -> None:
        try:
            outcome.put((open_(), None))
        except BaseException as error:  # it is raised again in the thread that waits
            outcome.put((None, error))

    threading.Thread(target=work, name="open the database", daemon=True).start()
    try:
        result, error = outcome.get(timeout=seconds)
    except Empty:
        raise Unreachable(f"{_place(target)} did not answer within {seconds:g} seconds{_doubt(target)}") from None
    if error is not None:
        raise error
    return result


@contextmanager
def _explained(target: Target, read_only: bool) -> Iterator[None]:
    try:
        with outage.named():
            yield
    except BrokenPipeError:  # whoever read our output has gone, not the server
        raise
    except ReadOnlyError as error:
        what = "has an empty database: there are no queues yet" if read_only else "may not be written"
        raise CommandFailed(f"{_place(target)} {what}") from error
    except ClientDisconnected as error:
        raise Unreachable(f"{_place(target)} cannot be reached{_doubt(target)}") from error
    except LockError as error:
        raise Unreachable(
            f"{_place(target)} is in use by another process: only a ZEO server lets several in"
        ) from error
    except (StorageError, OSError) as error:
        raise Unreachable(f"{_place(target)} cannot be opened{_details(error)}") from error
    except POSError as error:
        raise CommandFailed(f"{_place(target)}: {' '.join(str(error).split())}") from error


def _place(target: Target) -> str:
    if target.config is not None:
        return f"the database of {target.config}"
    address = target.address
    where = address if isinstance(address, str) else ":".join(map(str, address))
    return f"storage {target.storage!r} of the ZEO server at {where}"


def _doubt(target: Target) -> str:
    """A ZEO server hangs up on those who ask for a storage that it does not have."""
    return "" if target.config is not None else ": is the server there, and has it a storage of that name?"


def _details(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f": {text}" if text else ""
