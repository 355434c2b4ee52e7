"""Numbers for objects to come, which ZEO clients reserve at the server, a hundred at a time.

A server that was started again gives those to others that it has not seen used, and once more to who has them. A client
would go on to use what it has reserved, and meet conflicts that do not end, or a ``ValueError`` if it has loaded what
others made of them. And a transaction that began before and makes objects before and after may give two of them the
same number: the one that is stored last is there in place of both.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from ZEO.ClientStorage import ClientStorage
from ZODB.DB import DB
from ZODB.utils import maxtid
from ZODB.utils import z64


def keep_apart(db: DB) -> None:
    """Let no object of this process get a number that another one of it has got, however often the server is restarted.

    For this database and those that belong together with it. Harmless where it was done, or where there is no ZEO.
    """
    for database in db.databases.values():
        storage = database.storage
        if isinstance(storage, ClientStorage) and not isinstance(storage._oids, Reserved):
            storage._oids = Reserved(storage)  # ZEO has no other way


class Reserved(list[bytes]):
    """What a ZEO client has in reserve; the next one to use is the last. From any thread.

    Forgets what an earlier life of the server gave, and refuses what it gives once more.
    """

    def __init__(self, storage: ClientStorage) -> None:
        super().__init__(storage._oids)
        self._storage = storage
        self._connection = storage._connection_generation
        self._lock = threading.Lock()
        self._lowest = min(self, default=maxtid)  # these two include nothing as long as nothing was given
        self._highest = max(self, default=z64)

    def pop(self) -> bytes:  # type: ignore[override]
        """The next one; ``IndexError`` lets the storage ask for more."""
        with self._lock:
            if self._connection != self._storage._connection_generation:
                self._connection = self._storage._connection_generation
                self.clear()
            return super().pop()

    def __setitem__(self, place: slice, oids: Iterable[bytes]) -> None:  # type: ignore[override]
        """Take in what the server gave."""
        with self._lock:
            new = [oid for oid in oids if not self._lowest <= oid <= self._highest]
            self._lowest = min([self._lowest, *new])
            self._highest = max([self._highest, *new])
            super().__setitem__(place, new)
