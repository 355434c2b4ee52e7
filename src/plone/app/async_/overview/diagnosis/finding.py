"""Something that a person should know, and words to tell it with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from zc.async_.dispatchers import DispatcherAgents
    from zc.async_.queue import Queue


@dataclass(frozen=True)
class Finding:
    """``code`` is a stable word for scripts. ``is_problem`` if somebody must act; else it is good to know.

    ``what`` is the case, ``why`` it matters, and ``remedy`` what to do: English sentences. They name jobs' texts and
    hosts: faces escape them. ``queue`` is the name of the queue that it is about, or None; ``jobs`` are ids of some.
    """

    code: str
    is_problem: bool
    what: str
    why: str
    remedy: str
    queue: str | None = None
    jobs: tuple[str, ...] = ()


def name_of(queue: Queue) -> str:
    """How a queue is called in sentences."""
    return f"queue {queue.name!r}" if queue.name else "the default queue"


def sentence(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def worker_of(record: DispatcherAgents) -> str:
    """How a worker is called in sentences."""
    process = "" if record.process is None else f" ({record.process})"
    return f"worker {record.UUID}{process}"


def seconds(duration: timedelta) -> str:
    """A duration in sentences."""
    whole = round(duration.total_seconds())
    if whole < 120:
        return f"{whole} seconds"
    return f"{whole // 60} minutes" if whole < 7200 else f"{whole // 3600} hours"


def since_sign_of_life(record: DispatcherAgents, now: datetime) -> timedelta:
    """How long ago a worker showed that it lives."""
    last = max((each for each in (record.last_ping.value, record.activated) if each is not None), default=now)
    return max(now - last, timedelta())
