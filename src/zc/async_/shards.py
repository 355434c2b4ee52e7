"""The way into a queue: one inbox for each connection that queues jobs, so that no two ever write the same object.

A :class:`Shard` is written only by the connection it belongs to, its :class:`Cursor` only by those who claim: a put and
a claim never conflict either. The first put of a connection adds its shard to the queue's ``shards`` (a plain BTree, in
which the server resolves such concurrent additions); after that the connection's puts touch the shard alone.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator
from collections.abc import MutableMapping
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any
from weakref import WeakKeyDictionary

from persistent import Persistent

from zc.async_ import instanceuuid
from zc.async_.containers import Page
from zc.async_.containers import PageTree


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.job import Job

PAGE_SIZE = 16
"""Jobs in the part of a shard that each put writes again."""

PRUNE_AT = 4
"""Each time that so many more jobs are listed, a put forgets what was taken: the others need not load the cursor."""


class Cursor(Persistent):
    """How far those who claim have read a shard: the number of the next job to take."""

    position = 0


class Shard(Persistent):
    """Jobs put by one connection, numbered from 0, until they are known to be taken."""

    _pages: PageTree | None = None
    _withdrawn: tuple[int, ...] = ()

    def __init__(self) -> None:
        self.cursor = Cursor()
        self._start = 0
        self._jobs: tuple[Job | None, ...] = ()

    @property
    def end(self) -> int:
        """The number that the next job will get."""
        return self._start + len(self._jobs)

    def append(self, job: Job) -> None:
        """Add a job. Called by the owner only."""
        if self._jobs and len(self._jobs) % PRUNE_AT == 0:
            self._forget_taken()
        if len(self._jobs) >= PAGE_SIZE:
            self._turn_page()
        self._jobs += (job,)

    def _forget_taken(self) -> None:
        taken = self.cursor.position
        if self._pages is not None:
            for start in list(self._pages.keys()):
                if start + PAGE_SIZE > taken:
                    return
                del self._pages[start]
            self._pages = None
        passed = min(max(taken - self._start, 0), len(self._jobs))
        self._start += passed
        self._jobs = self._jobs[passed:]
        if self._withdrawn:
            self._withdrawn = tuple(number for number in self._withdrawn if number >= taken)

    def _turn_page(self) -> None:
        if self._pages is None:
            self._pages = PageTree()
        self._pages[self._start] = Page(self._jobs)
        self._start = self.end
        self._jobs = ()

    def __len__(self) -> int:
        position = self.cursor.position
        return self.end - position - sum(1 for number in self._withdrawn if number >= position)

    def __bool__(self) -> bool:
        return True

    def runs(self) -> Iterator[list[Job]]:
        """The jobs that were not taken yet, oldest first, a page at a time; none is loaded."""
        position = self.cursor.position
        withdrawn = frozenset(self._withdrawn)
        for start, jobs in self._runs(position):
            numbered = enumerate(jobs, start)
            run = [job for number, job in numbered if number >= position and number not in withdrawn]
            if run:
                yield run

    def _numbered(self) -> Iterator[tuple[int, Job]]:
        """Number and job of all that were not taken yet, oldest first."""
        position = self.cursor.position
        withdrawn = frozenset(self._withdrawn)
        for start, jobs in self._runs(position):
            for number, job in enumerate(jobs, start):
                if number >= position and number not in withdrawn:
                    yield number, job

    def _runs(self, position: int) -> Iterator[tuple[int, Any]]:
        # A page that starts up to a page's length before the position may still hold it.
        if self._pages is not None:
            for start, page in self._pages.items(position - PAGE_SIZE + 1):
                yield start, page.jobs
        yield self._start, self._jobs

    def __iter__(self) -> Iterator[Job]:
        return (job for _, job in self._numbered())

    def take(self, limit: int) -> list[Job]:
        """Take up to ``limit`` jobs, oldest first. Writes the cursor only, and only if there was something."""
        position = self.cursor.position
        if position == self.end or limit < 1:
            return []
        numbered = list(itertools.islice(self._numbered(), limit))
        self.cursor.position = self.end if len(numbered) < limit else numbered[-1][0] + 1
        return [job for _, job in numbered]

    def withdraw(self, job: Job) -> bool:
        """Strike a job that was not taken yet; False if it is not here.

        Writes the cursor: with whoever takes at the same moment it conflicts, so that nobody acts on what he cannot
        see. Conflicts with a put only if the job is not the oldest, because that is noted in the shard.
        """
        oldest = None
        for number, candidate in self._numbered():
            oldest = number if oldest is None else oldest
            if candidate is job:
                if number == oldest:
                    self.cursor.position = number + 1
                else:
                    self._withdrawn += (number,)
                    self.cursor._p_changed = True
                return True
        return False

    def hold_still(self, job: Job) -> bool:
        """Make whoever takes this job at the same moment conflict; False if it is not here."""
        found = any(candidate is job for candidate in self)
        if found:
            self.cursor._p_changed = True
        return found


def drop_unused(shards: MutableMapping[str, Shard], limit: datetime) -> None:
    """Drop the empty shards that nobody put a job into since ``limit``: their processes are gone.

    A dropped shard is written, too: so a put into it at the same moment conflicts, and then makes a new one.
    """
    for name, shard in list(shards.items()):
        if not len(shard) and shard._p_mtime is not None and shard._p_mtime < limit.timestamp():
            shard._p_changed = True
            del shards[name]


_slots: WeakKeyDictionary[Connection, str] = WeakKeyDictionary()
_free_slots: list[str] = []
_slot_numbers = itertools.count()


def shard_name(connection: Connection) -> str:
    """Name of the shard that this connection owns: the process's identity and a slot among its open connections.

    A connection serves one thread and one transaction at a time, so two transactions that run at once never
    share a name. The slot of a connection that is gone is given to the next one, which keeps the number of
    shards at the largest number of connections that queued at the same time.
    """
    slot = _slots.get(connection)
    if slot is None:
        try:
            slot = _free_slots.pop()
        except IndexError:
            slot = str(next(_slot_numbers))
        _slots[connection] = slot
        weakref.finalize(connection, _free_slots.append, slot)
    return f"{instanceuuid.current()}/{slot}"
