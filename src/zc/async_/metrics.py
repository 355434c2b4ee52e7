"""What this process has done, as figures that only grow: in memory, counted once what they tell of is committed.

Threads: anybody may count and ask; a lock is held for moments. Memory: a few numbers for each queue. A process that is
started again begins at zero, as programs that collect figures expect it.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple


if TYPE_CHECKING:
    from ZODB.Connection import Connection

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
"""Upper bounds in seconds, by which durations are sorted; longer ones are in a class of their own."""

JOB, CLAIM = "job", "claim"
"""Whose commits meet conflicts: those of worker threads, and those of a dispatcher."""


class Times(NamedTuple):
    """How long something took: ``counts`` says how often no longer than each of ``BOUNDS``, and at last in all."""

    counts: tuple[int, ...]
    seconds: float


NEVER = Times((0,) * (len(BOUNDS) + 1), 0.0)
"""Of what has not happened yet."""


class Figures(NamedTuple):
    """All figures at one moment, by the name of the queue, and what each is about."""

    outcomes: dict[tuple[str, str], int]
    latencies: dict[str, Times]
    run_times: dict[str, Times]
    retries: dict[str, int]
    rescues: dict[str, int]
    conflicts: dict[str, int]


class Histogram:
    """Durations of one kind; for one thread at a time."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    def times(self) -> Times:
        """What was counted so far."""
        return Times(tuple(accumulate(self._counts)), self._seconds)


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Begin at zero."""
        with self._lock:
            self._outcomes: dict[tuple[str, str], int] = {}
            self._latencies: dict[str, Histogram] = {}
            self._run_times: dict[str, Histogram] = {}
            self._retries: dict[str, int] = {}
            self._rescues: dict[str, int] = {}
            self._conflicts = {JOB: 0, CLAIM: 0}

    def ended(self, queue: str, outcome: str, waited: float | None, ran: float | None) -> None:
        """A run of a job of that queue came to an outcome; the durations are in seconds, None if it was not started."""
        with self._lock:
            self._outcomes[queue, outcome] = self._outcomes.get((queue, outcome), 0) + 1
            for histograms, seconds in ((self._latencies, waited), (self._run_times, ran)):
                if seconds is not None:
                    histograms.setdefault(queue, Histogram()).add(seconds)

    def retried(self, queue: str) -> None:
        """A job was attempted once more, at once."""
        with self._lock:
            self._retries[queue] = self._retries.get(queue, 0) + 1

    def rescued(self, queue: str) -> None:
        """A job that was interrupted was given back to its queue."""
        with self._lock:
            self._rescues[queue] = self._rescues.get(queue, 0) + 1

    def conflicted(self, whose: str) -> None:
        """A commit of the queue's own met a conflict."""
        with self._lock:
            self._conflicts[whose] += 1

    def figures(self) -> Figures:
        """All of them now; a copy."""
        with self._lock:
            return Figures(
                dict(self._outcomes),
                {queue: histogram.times() for queue, histogram in self._latencies.items()},
                {queue: histogram.times() for queue, histogram in self._run_times.items()},
                dict(self._retries),
                dict(self._rescues),
                dict(self._conflicts),
            )


process = Metrics()
"""Those of this process."""


def after_commit(connection: Connection, note: Callable[..., object], *args: Any) -> None:
    """Call ``note`` once the connection's transaction is committed, and never if it is not."""

    def hook(committed: bool) -> None:
        if committed:
            note(*args)

    connection.transaction_manager.get().addAfterCommitHook(hook)
