"""How often to look for changes of which nobody tells."""

from __future__ import annotations


SHORTEST = 0.05
"""Seconds between two looks while there is work, unless the queues say otherwise."""

SHARE = 0.1
"""Of the time since the last activity: how long to wait for the next look."""


class Pace:
    """Looks often after activity, and ever more seldom in the quiet: after a tenth of the time that it has lasted.

    So a change is found late by at most a tenth of the time for which nothing happened, and a worker that has nothing
    to do costs next to nothing. Lives in the dispatch thread. Times are seconds of any clock that only goes forward.
    """

    def __init__(self, now: float, shortest: float = SHORTEST) -> None:
        self.shortest = shortest
        self._last_activity = now

    def active(self, now: float) -> None:
        """Note that something happened."""
        self._last_activity = now

    def pause(self, now: float) -> float:
        """Seconds to wait before the next look."""
        return max((now - self._last_activity) * SHARE, self.shortest)
