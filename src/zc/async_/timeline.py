"""What happened to a job beyond being queued, started and ended; kept in its record only if it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from typing import NamedTuple

from zc.async_ import clock


LONGEST = 50
"""Entries kept; of more, the oldest go."""

QUEUED = "queued"
STARTED = "started"
RESCUED = "rescued"
PUT_OFF = "put off"
CANCELLED = "cancelled"
RETRIED = "retried"
CHANGED = "changed"
ENDED = "ended"

Stored = tuple[tuple[int, str, str], ...]


class Entry(NamedTuple):
    """One line of a job's timeline; ``what`` is one of the words above."""

    time: datetime
    what: str
    details: str = ""


def added(notes: Stored, what: str, details: str) -> Stored:
    """The notes of a job with one more."""
    return (*notes[1 - LONGEST :], (clock.to_micros(clock.now()), what, details))


def course(job: Any, ending: str) -> Stored:
    """The notes of a job that is to begin anew: with all that is known of its course, and ``ending`` at its end."""
    kept = [
        (clock.to_micros(time), what, ending if what == ENDED and not details else details)
        for time, what, details in entries(job)
    ]
    return tuple(kept[-LONGEST:])


def entries(job: Any) -> list[Entry]:
    """All that is known of a job's course, oldest first."""
    known = [Entry(clock.from_micros(micros), what, details) for micros, what, details in job._notes]
    for what, time in (QUEUED, job.queued_at), (STARTED, job.active_start), (ENDED, job.active_end):
        if time is not None:
            known.append(Entry(time, what))
    return sorted(known)
