"""What people did to a queue and its jobs: a short list for those who wonder who paused it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from typing import NamedTuple

from persistent import Persistent

from zc.async_ import clock


if TYPE_CHECKING:
    from zc.async_.queue import Queue

LONGEST = 200
"""Deeds kept; of more, the oldest go."""


class Deed(NamedTuple):
    """Who did what, to which job (its id; empty for the queue itself); ``place`` is the path of the job's site."""

    time: datetime
    who: str
    what: str
    job: str
    place: str
    details: str


class History(Persistent):
    """The deeds, newest first. Two people who do something at once conflict, and one of them does it again."""

    def __init__(self) -> None:
        self._deeds: tuple[tuple[int, str, str, str, str, str], ...] = ()

    def __iter__(self) -> Iterator[Deed]:
        return (Deed(clock.from_micros(micros), *rest) for micros, *rest in reversed(self._deeds))

    def add(self, who: str, what: str, job: str, place: str, details: str) -> None:
        """Add a deed, in the caller's transaction."""
        deed = clock.to_micros(clock.now()), who, what, job, place, details
        self._deeds = (*self._deeds[1 - LONGEST :], deed)


def record(queue: Queue, who: str, what: str, job: str = "", place: str = "", details: str = "") -> None:
    """Note a deed in the history of a queue, which is begun with its first one."""
    if queue.history is None:
        queue.history = History()
    queue.history.add(who, what, job, place, details)
