"""Keeps a dispatcher's record in each queue: registers, activates, shows signs of life, looks after a sibling."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from zc.async_.interfaces import KEY
from zc.async_.processinfo import this_process
from zc.async_.siblings import Siblings


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.dispatchers import DispatcherAgents
    from zc.async_.queue import Queue

events = logging.getLogger("zc.async.events")


class Heartbeat:
    """One dispatcher's presence in the queues. Lives in the dispatch thread.

    On its host, the dispatcher's process is the only one with its UUID (see ``instanceuuid.lock``). So a record that is
    activated when it begins is left over from an earlier life: it is taken over at once and its jobs are rescued.

    If the earlier process does run still, on another host or with a copy of the file, it finds its record activated by
    somebody else in its next pass, which the write to the record calls for, and claims no more in that queue for good:
    taking the record back would make the two rescue each other's jobs for ever. Nothing of a job is committed twice:
    the rescue writes the agent's claims and the jobs in work, so of a claim and a takeover at the same time one
    conflicts and looks again, and a job that is committed after the takeover conflicts and finds that it was
    reassigned (see ``hold``).

    ``names`` are the queues that the last step found; ``lost`` those in which this one stood down.
    """

    def __init__(self, uuid: UUID) -> None:
        self.uuid = uuid
        self.process = this_process()
        self._begun: set[str] = set()
        self._lives: set[datetime | None] = set()
        self._siblings = Siblings()
        self.lost: set[str] = set()
        self.names: list[str] = []

    def step(self, connection: Connection, poll_interval: float) -> list[Queue]:
        """Do what is due in each queue and return those to work on. The caller commits, and steps that often."""
        queues = connection.root().get(KEY) or {}
        self.names = list(queues)
        self._begun.intersection_update(self.names)
        self._siblings.begin(poll_interval)
        return [queue for name, queue in queues.items() if self._look_after(name, queue)]

    def _look_after(self, name: str, queue: Queue) -> bool:
        dispatchers = queue.dispatchers
        record = dispatchers.get(self.uuid)
        if name in self.lost:
            if record is not None and record.activated is not None:
                record.note_ousted(self.process)
            return False
        if record is None:
            record = dispatchers.register(self.uuid)
            self._begun.discard(name)
        if name not in self._begun:
            self._begin(name, record)
        elif record.activated is not None and record.activated not in self._lives:
            self._stand_down(name, record)
            return False
        self._siblings.look(dispatchers.values())
        dispatchers.ping(self.uuid, self._siblings.is_dead)
        self._lives.add(record.activated)  # before the commit, whose outcome may stay unknown
        return True

    def _begin(self, name: str, record: DispatcherAgents) -> None:
        if record.activated is not None:
            former = record.process or "a process that is not known"
            events.warning(
                "dispatcher %s takes over in queue %r from %s, which did not end in order", self.uuid, name, former
            )
            record.deactivate()
        record.activate(self.process)

    def _stand_down(self, name: str, record: DispatcherAgents) -> None:
        """Leave the queue to the process that took the record over; it says who is meant, and so does the log."""
        self.lost.add(name)
        events.error(
            "%s took over dispatcher %s in queue %r: two processes have one identity. This one, %s, takes no more jobs "
            "there. End one of them, and give each process a ZC_ASYNC_UUID of its own",
            record.process or "another process",
            self.uuid,
            name,
            self.process,
        )
        record.note_ousted(self.process)

    def committed(self, queues: list[Queue]) -> None:
        """Remember what is committed now: that the records tell of this life, and that it was not held up."""
        self._siblings.end()
        self._begun.update(queue.name or "" for queue in queues)

    def end(self, connection: Connection) -> None:
        """Deactivate the records of this life; jobs still in work go back to their queues. The caller commits."""
        for queue in (connection.root().get(KEY) or {}).values():
            record = queue.dispatchers.get(self.uuid)
            if record is not None and record.activated is not None and record.activated in self._lives:
                record.deactivate()
