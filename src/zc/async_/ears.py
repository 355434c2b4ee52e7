"""The part of a waker that learns of changes in one database: by being told, or by looking.

ZEO tells each client the oids of every commit, and ZODB passes them, like those of commits in this process, to all
instances of its MVCC adapter; :class:`ToldEar` joins them. Storages that do their own MVCC (RelStorage) tell nobody and
are asked, by :class:`AskingEar`: one small query, which loads nothing and writes nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from ZEO.Exceptions import ClientDisconnected
from ZODB.DB import DB
from ZODB.mvccadapter import MVCCAdapter

from zc.async_ import bells
from zc.async_ import outage
from zc.async_.connections import end_snapshot
from zc.async_.connections import hear_out


NEWS_OF_ONE = 16
"""Objects that a commit may have written for all of them to be news: of a larger one, few are of interest here."""

NEWS_KEPT = 64


class Ear:
    """Rings when one of the watched objects was changed."""

    told = True
    """Whether it learns of changes without asking."""

    def __init__(self, db: DB, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._watched: frozenset[bytes] = frozenset()
        self._news: deque[bytes] = deque(maxlen=NEWS_KEPT)

    def start(self) -> None:
        """Begin to listen."""

    def stop(self) -> None:
        """Stop listening; harmless when the database is closed already."""

    def settle(self) -> None:
        """Wait for those who are telling of a commit."""

    def catch_up(self) -> None:
        """Hear all that the server has told before it answers."""

    def ask(self) -> None:
        """Learn now of what was changed, from a storage that does not tell."""

    def watch(self, oids: Iterable[bytes]) -> bool:
        """Watch these oids from now on; whether there are new ones among them."""
        watched = frozenset(oids)
        new = not watched <= self._watched
        self._watched = watched
        return new

    def hear(self, oids: Collection[bytes] | None) -> None:
        """Ring if one of the oids is watched; None means that nobody knows which were changed."""
        if oids is None or not self._watched.isdisjoint(oids):
            if oids is not None and len(oids) <= NEWS_OF_ONE:
                self._news.extend(oids)
            self._ring()

    def news(self) -> set[bytes]:
        """What the small commits wrote for which it rang since the last call; the oldest may be left out.

        For the dispatch thread; others may add to it meanwhile.
        """
        return {self._news.popleft() for _ in range(len(self._news))}


class ToldEar(Ear):
    """Is called in the committing thread or the ZEO client's network thread, under the adapter's lock.

    So it compares two sets and rings, nothing more.
    """

    def __init__(self, db: DB, ring: Callable[[], object]) -> None:
        super().__init__(db, ring)
        self._adapter = db._mvcc_storage
        self._storage = db.storage

    def start(self) -> None:
        with self._adapter._lock:
            self._adapter._instances.add(self)

    def stop(self) -> None:
        if not self._adapter.closed:
            with self._adapter._lock:
                self._adapter._instances.discard(self)

    def settle(self) -> None:
        with self._adapter._lock:
            pass

    def catch_up(self) -> None:
        hear_out(self._storage)

    def _invalidate(self, tid: bytes, oids: Collection[bytes]) -> None:
        self.hear(oids)

    def _invalidateCache(self) -> None:
        """A ZEO client is connected again, maybe to a server that was started anew."""
        self.hear(None)


class AskingEar(Ear):
    """Asks an instance of the storage of its own, in the dispatch thread; commits of this process ring by themselves.

    While the server is away it hears nothing; afterwards, all that was changed meanwhile.
    """

    told = False

    def __init__(self, db: DB, ring: Callable[[], object]) -> None:
        super().__init__(db, ring)
        self._db = db
        self._storage: Any = None
        self._lock = threading.Lock()

    def start(self) -> None:
        bells.hang(self._db, self._ring)
        self._storage = self._db._mvcc_storage.new_instance()

    def stop(self) -> None:
        """A dispatch thread that hangs in a query keeps the storage to itself."""
        bells.take_down(self._db, self._ring)
        if self._lock.acquire(blocking=False):
            if self._storage is not None and hasattr(self._db, "_mvcc_storage"):  # else its closing did that
                self._storage.release()
            self._storage = None
            self._lock.release()

    def ask(self) -> None:
        with self._lock, suppress(ClientDisconnected), outage.named():
            if self._storage is not None:
                self._storage.sync(True)
                changed = self._storage.poll_invalidations()
                end_snapshot(self._storage)
                self.hear(changed)


def ear_for(db: DB, ring: Callable[[], object]) -> Ear:
    """The ear that fits the database's storage."""
    kind = ToldEar if isinstance(db._mvcc_storage, MVCCAdapter) else AskingEar
    return kind(db, ring)
