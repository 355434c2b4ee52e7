"""Keeps a dispatcher's record in each queue: registers, activates, shows signs of life, looks after a sibling."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from zc.async_.interfaces import KEY


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.queue import Queue

events = logging.getLogger("zc.async.events")


class Heartbeat:
    """One dispatcher's presence in the queues. Lives in the dispatch thread.

    The dispatcher's process is known to be the only one with its UUID (see ``instanceuuid.lock``). So a record that is
    activated when it begins is left over from an earlier life: it is taken over at once and its jobs are rescued.
    Should another process take the record over later, this one stands down in that queue for good. ``names`` are the
    queues that the last step found.
    """

    def __init__(self, uuid: UUID) -> None:
        self.uuid = uuid
        self._begun: set[str] = set()
        self._lives: set[datetime | None] = set()
        self._lost: set[str] = set()
        self.names: list[str] = []

    def step(self, connection: Connection, now: datetime) -> list[Queue]:
        """Do what is due in each queue and return those to work on. The caller commits."""
        queues = connection.root().get(KEY) or {}
        self.names = list(queues)
        self._begun.intersection_update(self.names)
        return [queue for name, queue in queues.items() if self._look_after(name, queue, now)]

    def _look_after(self, name: str, queue: Queue, now: datetime) -> bool:
        if name in self._lost:
            return False
        dispatchers = queue.dispatchers
        record = dispatchers.get(self.uuid)
        if record is None:
            record = dispatchers.register(self.uuid)
            self._begun.discard(name)
        if name not in self._begun:
            if record.activated is not None:
                events.warning("dispatcher %s takes over from an earlier process in queue %r", self.uuid, name)
                record.deactivate()
            record.activate()
        elif record.activated is not None and record.activated not in self._lives:
            events.critical("another process works as dispatcher %s in queue %r; this one stops", self.uuid, name)
            self._lost.add(name)
            return False
        dispatchers.ping(self.uuid)
        self._lives.add(record.activated)  # before the commit, whose outcome may stay unknown
        return True

    def committed(self, queues: list[Queue]) -> None:
        """Remember that the records tell of this life, now that they are committed."""
        self._begun.update(queue.name or "" for queue in queues)

    def end(self, connection: Connection) -> None:
        """Deactivate the records of this life; jobs still in work go back to their queues. The caller commits."""
        for queue in (connection.root().get(KEY) or {}).values():
            record = queue.dispatchers.get(self.uuid)
            if record is not None and record.activated is not None and record.activated in self._lives:
                record.deactivate()
