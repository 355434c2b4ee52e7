"""Rings a dispatcher's bell when a commit, in this process or any other, touched what it watches.

Of each database it has an ear, see ``ears``. Where a storage does not tell of changes, the waker asks while the
dispatcher waits, at a pace that follows the work.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterable
from threading import Event
from typing import TYPE_CHECKING

from persistent import Persistent
from ZODB.DB import DB

from zc.async_.ears import ear_for
from zc.async_.pace import Pace


if TYPE_CHECKING:
    from ZODB.Connection import Connection


class Waker:
    """Calls ``ring`` when one of the watched objects was changed, and after a reconnect. Usable from any thread.

    Listens to all databases that belong together with ``db``: the queues may be in another than the dispatcher's.
    ``pace`` is how often it asks those that do not tell; only the dispatch thread may use it.
    """

    def __init__(self, db: DB, ring: Callable[[], object]) -> None:
        self._ears = {name: ear_for(database, ring) for name, database in db.databases.items()}
        self._told = all(ear.told for ear in self._ears.values())
        self.pace = Pace(time.monotonic())

    def start(self) -> None:
        """Begin to listen."""
        for ear in self._ears.values():
            ear.start()

    def stop(self) -> None:
        """Stop listening; harmless when the database is closed already."""
        for ear in self._ears.values():
            ear.stop()

    def wait(self, bell: Event, seconds: float) -> None:
        """Wait for the bell, at most so long. In the dispatch thread."""
        deadline = time.monotonic() + seconds
        rung = False
        while not rung and (left := deadline - time.monotonic()) > 0:
            pause = self._pause()
            rung = bell.wait(min(pause, left))
            if not rung and pause < left:
                self.ask()
        if rung:
            self.pace.active(time.monotonic())

    def _pause(self) -> float:
        return float("inf") if self._told else self.pace.pause(time.monotonic())

    def ask(self) -> None:
        """Learn of changes in databases that do not tell."""
        for ear in self._ears.values():
            ear.ask()

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

    def fetch_news(self, connection: Connection) -> None:
        """Load what the commits that rang have written, such as a shard and the job in it, in one round trip.

        Else the job would be asked for once the shard is there. For a transaction that is about to claim.
        """
        for name, ear in self._ears.items():
            oids = ear.news()
            if len(oids) > 1:
                connection.get_connection(name).prefetch(oids)

    def watch(self, objects: Iterable[Persistent]) -> bool:
        """Watch these stored objects from now on, instead of those before; whether there are new ones among them."""
        oids: dict[str, set[bytes]] = {name: set() for name in self._ears}
        for obj in objects:
            oids[obj._p_jar.db().database_name].add(obj._p_oid)
        new = [name for name, watched in oids.items() if self._ears[name].watch(watched)]
        return bool(new)
