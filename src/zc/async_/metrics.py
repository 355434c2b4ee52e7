"""What this process has done, as figures that only grow: in memory, counted once what they tell of is committed.

Threads: anybody may count and ask; a lock is held for moments. Memory: a few numbers for each queue. A process that is
started again begins at zero, as programs that collect figures expect it.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple


if TYPE_CHECKING:
    from ZODB.Connection import Connection

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
"""Upper bounds in seconds, by which durations are sorted; longer ones are in a class of their own."""

SUCCEEDED, FAILED, CANCELLED, PUT_OFF = OUTCOMES = "succeeded", "failed", "cancelled", "put-off"
"""What can come of a run of a job."""

JOB, CLAIM = "job", "claim"
"""Whose commits meet conflicts: those of worker threads, and those of a dispatcher."""


class Times(NamedTuple):
    """How long something took: ``counts`` says how often no longer than each of ``BOUNDS``, and at last in all."""

    counts: tuple[int, ...]
    seconds: float


class QueueFigures(NamedTuple):
    """What was done for one queue; a run may make several attempts."""

    outcomes: dict[str, int]
    start_latency: Times
    run_time: Times
    retries: int
    rescues: int


class Figures(NamedTuple):
    """All figures at one moment: by the name of the queue, and conflicts by whose they were."""

    queues: dict[str, QueueFigures]
    conflicts: dict[str, int]


class Histogram:
    """Durations of one kind; for one thread at a time."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def add(self, seconds: float | None) -> None:
        """Count one duration; nothing for None."""
        if seconds is not None:
            self._counts[bisect_left(BOUNDS, seconds)] += 1
            self._seconds += seconds

    def times(self) -> Times:
        """What was counted so far."""
        return Times(tuple(accumulate(self._counts)), self._seconds)


class QueueCounts:
    """The counters of one queue; for one thread at a time."""

    def __init__(self) -> None:
        self.outcomes = dict.fromkeys(OUTCOMES, 0)
        self.start_latency = Histogram()
        self.run_time = Histogram()
        self.retries = self.rescues = 0

    def figures(self) -> QueueFigures:
        """What was counted so far."""
        times = self.start_latency.times(), self.run_time.times()
        return QueueFigures(dict(self.outcomes), *times, self.retries, self.rescues)


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Begin at zero."""
        with self._lock:
            self._queues: defaultdict[str, QueueCounts] = defaultdict(QueueCounts)
            self._conflicts = {JOB: 0, CLAIM: 0}

    def ended(self, queue: str, outcome: str, waited: float | None, ran: float | None) -> None:
        """A run of a job of that queue came to an outcome; the durations are in seconds, None if it was not started."""
        with self._lock:
            counts = self._queues[queue]
            counts.outcomes[outcome] += 1
            counts.start_latency.add(waited)
            counts.run_time.add(ran)

    def retried(self, queue: str) -> None:
        """A job was attempted once more, at once."""
        with self._lock:
            self._queues[queue].retries += 1

    def rescued(self, queue: str) -> None:
        """A job that was interrupted was given back to its queue."""
        with self._lock:
            self._queues[queue].rescues += 1

    def conflicted(self, whose: str) -> None:
        """A commit of the queue's own met a conflict."""
        with self._lock:
            self._conflicts[whose] += 1

    def figures(self, queues: Iterable[str] = ()) -> Figures:
        """All of them now; those of ``queues`` also where nothing was counted yet: a first failure must be seen."""
        with self._lock:
            counted = {**{name: QueueCounts() for name in queues}, **self._queues}
            return Figures({name: counts.figures() for name, counts in counted.items()}, dict(self._conflicts))


process = Metrics()
"""Those of this process."""


def after_commit(connection: Connection, note: Callable[..., object], *args: Any) -> None:
    """Call ``note`` once the connection's transaction is committed, and never if it is not."""

    def hook(committed: bool) -> None:
        if committed:
            note(*args)

    connection.transaction_manager.get().addAfterCommitHook(hook)
