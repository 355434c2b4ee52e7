"""Rings a dispatcher's bell when a commit, in this process or any other, touched what it watches.

ZEO tells each client the oids of every commit, and ZODB passes them, like those of commits in this process, to all
instances of its MVCC adapter. A waker joins these instances. It is called in the committing thread or the ZEO client's
network thread, under the adapter's lock: it compares two sets and sets an event, nothing more. Storages that do their
own MVCC (RelStorage) have no such adapter; there the dispatcher's poll is the pace.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable

from persistent import Persistent
from ZODB.DB import DB
from ZODB.mvccadapter import MVCCAdapter


class Waker:
    """Calls ``ring`` when one of the watched objects was changed, and after a reconnect. Usable from any thread.

    Listens to all databases that belong together with ``db``: the queues may be in another than the dispatcher's.
    """

    def __init__(self, db: DB, ring: Callable[[], object]) -> None:
        self._ears = {name: Ear(database, ring) for name, database in db.databases.items()}

    def start(self) -> None:
        """Begin to listen."""
        for ear in self._ears.values():
            ear.start()

    def stop(self) -> None:
        """Stop listening; harmless when the database is closed already."""
        for ear in self._ears.values():
            ear.stop()

    def settle(self) -> None:
        """Wait until all connections know of the commit that rang: the bell may have rung before ours was told."""
        for ear in self._ears.values():
            ear.settle()

    def catch_up(self) -> None:
        """Where there are several databases, hear all that their servers have told, however slow a connection is.

        What one commit wrote to two databases is told on two connections. Who sees the part that was finished last
        and then calls this will see the other part too, in the next transaction. Raises ``ClientDisconnected``.
        """
        if len(self._ears) > 1:
            for ear in self._ears.values():
                ear.catch_up()

    def watch(self, objects: Iterable[Persistent]) -> bool:
        """Watch these stored objects from now on, instead of those before; whether there are new ones among them."""
        oids: dict[str, set[bytes]] = {name: set() for name in self._ears}
        for obj in objects:
            oids[obj._p_jar.db().database_name].add(obj._p_oid)
        new = [name for name, watched in oids.items() if self._ears[name].watch(watched)]
        return bool(new)


class Ear:
    """The part of a waker that listens to one database."""

    def __init__(self, db: DB, ring: Callable[[], object]) -> None:
        self._adapter = db._mvcc_storage
        self._storage = db.storage
        self._ring = ring
        self._watched: frozenset[bytes] = frozenset()

    @property
    def pushed(self) -> bool:
        """Whether the storage tells of changes at all."""
        return isinstance(self._adapter, MVCCAdapter)

    def start(self) -> None:
        """Begin to listen."""
        if self.pushed:
            with self._adapter._lock:
                self._adapter._instances.add(self)

    def stop(self) -> None:
        """Stop listening; harmless when the database is closed already."""
        if self.pushed and not self._adapter.closed:
            with self._adapter._lock:
                self._adapter._instances.discard(self)

    def settle(self) -> None:
        """Wait for those who are telling of a commit."""
        if self.pushed:
            with self._adapter._lock:
                pass

    def catch_up(self) -> None:
        """Hear all that the ZEO server has told before it answers; other storages keep nothing back."""
        ping = getattr(self._storage, "ping", None)
        if ping is not None:
            ping()

    def watch(self, oids: Iterable[bytes]) -> bool:
        """Watch these oids from now on; whether there are new ones among them."""
        watched = frozenset(oids)
        new = not watched <= self._watched
        self._watched = watched
        return new

    def _invalidate(self, tid: bytes, oids: Iterable[bytes]) -> None:
        if not self._watched.isdisjoint(oids):
            self._ring()

    def _invalidateCache(self) -> None:
        self._ring()
