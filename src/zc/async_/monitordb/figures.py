"""Sums up jobs: how many there are in each state, and how long they waited and ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import clock
from zc.async_.failures import isFailure
from zc.async_.interfaces import COMPLETED
from zc.async_.monitordb.states import NAMES
from zc.async_.monitordb.summary import running_time
from zc.async_.monitordb.summary import waiting_time


if TYPE_CHECKING:
    from zc.async_.job import Job

COUNTED = ("pending", "assigned", "active", "callbacks", "succeeded", "failed")


class Extremes:
    """The shortest and the longest of some durations, with their jobs."""

    def __init__(self) -> None:
        self.shortest: tuple[timedelta, Any] | None = None
        self.longest: tuple[timedelta, Any] | None = None

    def add(self, duration: timedelta | None, job: Job) -> None:
        """Take a duration into account; None is none."""
        if duration is None:
            return
        if self.shortest is None or duration < self.shortest[0]:
            self.shortest = duration, job
        if self.longest is None or duration > self.longest[0]:
            self.longest = duration, job


def summarize(jobs: Iterable[Job], show: Callable[[Job], Any]) -> dict[str, Any]:
    """Figures about jobs; the jobs in them are as ``show`` has them."""
    now = clock.now()
    counts: Counter[str] = Counter()
    extremes = {"wait": Extremes(), "active": Extremes()}
    for job in jobs:
        counts[_state(job)] += 1
        extremes["wait"].add(waiting_time(job, now), job)
        extremes["active"].add(running_time(job, now), job)
    figures: dict[str, Any] = {name: counts[name] for name in COUNTED}
    for name, found in extremes.items():
        figures[f"shortest {name}"] = _shown(found.shortest, show)
        figures[f"longest {name}"] = _shown(found.longest, show)
    return figures


def _state(job: Job) -> str:
    status = job.status
    if status != COMPLETED:
        return NAMES[status]
    return "failed" if isFailure(job.result) else "succeeded"


def _shown(found: tuple[timedelta, Job] | None, show: Callable[[Job], Any]) -> list[Any] | None:
    return None if found is None else [found[0], show(found[1])]
