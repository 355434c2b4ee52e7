"""Tells the dispatchers of this process what this process commits, where the storage tells nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary


if TYPE_CHECKING:
    from ZODB.Connection import Connection
    from ZODB.DB import DB

Ring = Callable[[], object]

_lock = threading.Lock()
_bells: WeakKeyDictionary[DB, tuple[Ring, ...]] = WeakKeyDictionary()


def hang(db: DB, ring: Ring) -> None:
    """Call ``ring`` after commits that put jobs into a queue in that database, in the committing thread."""
    with _lock:
        _bells[db] = (*_bells.get(db, ()), ring)


def take_down(db: DB, ring: Ring) -> None:
    """Do not call it any more."""
    with _lock:
        _bells[db] = tuple(bell for bell in _bells.get(db, ()) if bell != ring)


def ring_after_commit(connection: Connection) -> None:
    """Ring once the connection's transaction is committed, once however often this is called. Nothing without bells."""
    db = connection.db()
    if not _bells.get(db):
        return
    transaction = connection.transaction_manager.get()
    if not any(hook is _ring and args == (db,) for hook, args, _ in transaction.getAfterCommitHooks()):
        transaction.addAfterCommitHook(_ring, (db,))


def _ring(committed: bool, db: DB) -> None:
    if committed:
        for ring in _bells.get(db, ()):
            ring()
