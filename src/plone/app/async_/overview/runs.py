"""A few jobs at a time, as the streams of ``sources`` and ``archives`` give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zc.async_.job import Job
from zc.async_.queue import Queue
from zc.async_.terms import is_job


Run = list[Job]
"""Jobs that need not be loaded."""


def agents_of(queue: Queue) -> list[Any]:
    """All agents that work or worked on a queue."""
    return [agent for record in queue.dispatchers.values() for agent in record.values()]


def load(run: Run) -> None:
    """Fetch the jobs of a run from the server at once, instead of one by one when they are looked at."""
    unloaded = [job for job in run if job._p_changed is None]
    if unloaded:
        unloaded[0]._p_jar.prefetch(unloaded)


def readable(jobs: Iterable[Any]) -> Run:
    """Without jobs of classes that are gone from the code."""
    return [job for job in jobs if is_job(job)]


def place(item: Any) -> Any:
    return item[0]
