"""What was logged while a job ran: the last lines, kept with the job.

Each run listens to the root logger by a handler of its own, which takes the records of its thread. The lines are
stored with the outcome, or when the job is put off; those of a worker that vanishes are in its log only. What the
queue itself logs about jobs is left out.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from zc.async_ import clock
from zc.async_.describe import shortened


KEPT = 50
"""Lines of a job."""

LONGEST = 500
"""Characters of a line."""

OWN = "zc.async"

Stored = tuple[tuple[int, int, str, str], ...]


class Line(NamedTuple):
    """One record; ``level`` is a number of ``logging``, ``text`` ends with the exception, if there is one."""

    time: datetime
    level: int
    logger: str
    text: str


class Recorder(logging.Handler):
    """Collects what one thread logs."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()
        self._lines: deque[tuple[int, int, str, str]] = deque(maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record of this thread."""
        if record.thread != self._thread or record.name == OWN or record.name.startswith(f"{OWN}."):
            return
        try:
            self._lines.append((int(record.created * 1e6), record.levelno, record.name, _text(record)))
        except Exception:  # as all handlers do: an argument that cannot be formatted must not harm who logs it
            self.handleError(record)

    @property
    def lines(self) -> Stored:
        """The last lines, oldest first."""
        return tuple(self._lines)


@contextmanager
def recording() -> Iterator[Recorder]:
    """Collect what this thread logs meanwhile."""
    root, recorder = logging.getLogger(), Recorder()
    root.addHandler(recorder)
    try:
        yield recorder
    finally:
        root.removeHandler(recorder)


def added(stored: Stored, lines: Stored) -> Stored:
    """The lines of a job with more of them; of too many, the oldest go."""
    return (*stored, *lines)[-KEPT:]


def lines(stored: Iterable[tuple[int, int, str, str]]) -> list[Line]:
    """Stored lines as they are read."""
    return [Line(clock.from_micros(micros), level, logger, text) for micros, level, logger, text in stored]


def _text(record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.exc_info and record.exc_info[0] is not None:
        text = f"{text} ({record.exc_info[0].__name__}: {record.exc_info[1]})"
    return shortened(text, LONGEST, "[...]")
