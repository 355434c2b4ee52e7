"""Waiting for a database server that is away: the one thing for which a thread is held, as nothing could be written."""

from __future__ import annotations

import time

from zc.async_.interfaces import ReassignedError
from zc.async_.threadlocal import local


WAIT_STEP = 5.0
LONGEST_WAIT = 60.0


class Patience:
    """Waits longer each time, up to a minute. Ends with :class:`ReassignedError` when the dispatcher stops."""

    def __init__(self) -> None:
        self._waits = 0

    def wait(self, seconds: float | None = None) -> None:
        """Wait that long, or until the server may be back."""
        self._waits += 1
        if seconds is None:
            seconds = min(LONGEST_WAIT, self._waits * WAIT_STEP)
        dispatcher = local.dispatcher
        if dispatcher is None:
            time.sleep(seconds)
        elif dispatcher.stopping.wait(seconds):
            raise ReassignedError("the dispatcher stops while the database server is away")
