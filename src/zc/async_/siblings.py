"""Tells which other dispatchers are dead, by what this one has seen: the clocks of two hosts are never compared."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID


if TYPE_CHECKING:
    from zc.async_.dispatchers import DispatcherAgents

HELD_UP = 5
"""Seconds by which a look comes too late if the dispatcher itself was held up."""


class Siblings:
    """One dispatcher's watch over the others. Lives in the dispatch thread.

    A sibling is dead when its sign of life stood still for as long as its record has patience, under the eyes of this
    dispatcher. One that was held up itself, most likely by the same absent server as the sibling, has seen nothing
    meanwhile: it begins anew. So does one that has just started.
    """

    def __init__(self, tell_time: Callable[[], float] = time.monotonic) -> None:
        self._tell_time = tell_time
        self._looked = tell_time()
        self._now = self._looked
        self._seen: dict[UUID, tuple[int, float]] = {}

    def begin(self, poll_interval: float) -> None:
        """Begin a pass of a dispatcher that looks that often, in seconds."""
        self._now = self._tell_time()
        if self._now - self._looked > poll_interval + HELD_UP:
            self._seen.clear()

    def look(self, records: Iterable[DispatcherAgents]) -> None:
        """See who has shown a sign of life."""
        for record in records:
            micros = record.last_ping.micros
            known = self._seen.get(record.UUID)
            if known is None or known[0] != micros:
                self._seen[record.UUID] = micros, self._now

    def end(self) -> None:
        """End a pass that came to the database and back."""
        self._looked = self._now

    def is_dead(self, record: DispatcherAgents) -> bool:
        """Whether one of those looked at is dead."""
        _, since = self._seen[record.UUID]
        return self._now - since > record.patience.total_seconds()
