"""How many jobs there are, and how fast they go: exact where that is cheap, else what a window shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from plone.app.async_.overview import states
from plone.app.async_.overview.listing import Search
from plone.app.async_.overview.query import Query
from plone.app.async_.overview.scope import Scope
from plone.app.async_.overview.states import State
from plone.app.async_.overview.states import state_of


if TYPE_CHECKING:
    from zc.async_.job import Job

WINDOW = 1000
"""Jobs looked at for each kind of figures, and a few more."""

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Count:
    """A number of jobs; a lower limit unless ``is_exact``."""

    number: int
    is_exact: bool = True


@dataclass
class Hour:
    """What ended within an hour; times are medians in seconds, None if nothing was started."""

    start: datetime
    ended: Counter[State] = field(default_factory=Counter)
    waited: float | None = None
    ran: float | None = None


@dataclass(frozen=True)
class Pace:
    """The last hours, oldest first. ``known_since`` is when the figures begin to be complete."""

    hours: list[Hour]
    known_since: datetime


def count_states(search: Search, scope: Scope, now: datetime, since: datetime) -> dict[State, Count]:
    """How many jobs of a scope are in each state, in the order of ``State``; ended ones if they ended ``since``."""
    found: dict[State, Count] = {}
    for kind, query in (
        (frozenset({State.ACTIVE}), Query(states=frozenset({State.ACTIVE}))),
        (states.QUEUED, Query(states=states.QUEUED)),
        (states.ENDED, Query(states=states.ENDED, since=since)),
    ):
        jobs, is_exact = _window(search, query)
        tally = Counter(state_of(job, now) for job in jobs if scope.covers(job) and query.matches(job, now))
        found.update({state: Count(tally[state], is_exact) for state in kind})
    return {state: found[state] for state in State if state in found}


def pace(search: Search, scope: Scope, now: datetime, hours: int) -> Pace:
    """What ended in the last hours, and how long it waited and ran."""
    first = now.replace(minute=0, second=0, microsecond=0) - (hours - 1) * HOUR
    jobs, is_exact = _window(search, Query(states=states.ENDED, since=first))
    ended = [(job.active_end, job) for job in jobs if job.active_end is not None and job.active_end >= first]
    known_since = first if is_exact or not ended else min(moment for moment, _ in ended)
    by_hour: dict[int, list[Job]] = {}
    for moment, job in ended:
        if scope.covers(job):
            by_hour.setdefault((moment - first) // HOUR, []).append(job)
    return Pace([_hour(first + number * HOUR, by_hour.get(number, []), now) for number in range(hours)], known_since)


def last_hour(search: Search, now: datetime) -> tuple[Hour, bool]:
    """What ended within the hour before now, in all scopes, and whether that is all."""
    first = now - HOUR
    jobs, is_exact = _window(search, Query(states=states.ENDED, since=first))
    ended = [job for job in jobs if job.active_end is not None and job.active_end >= first]
    return _hour(first, ended, now), is_exact


def _hour(start: datetime, jobs: list[Job], now: datetime) -> Hour:
    hour = Hour(start, Counter(state_of(job, now) for job in jobs))
    begun = [job for job in jobs if job.active_start is not None and job.begin_after is not None]
    if begun:
        hour.waited = median(_seconds(job.begin_after, job.active_start) for job in begun)
        hour.ran = median(_seconds(job.active_start, job.active_end) for job in begun)
    return hour


def _seconds(start: datetime | None, end: datetime | None) -> float:
    return 0.0 if start is None or end is None else max((end - start).total_seconds(), 0.0)


def _window(search: Search, query: Query) -> tuple[list[Job], bool]:
    """The first jobs that a query looks at, and whether these are all."""
    jobs: list[Job] = []
    for run in search.runs(query):
        if len(jobs) >= WINDOW:
            return jobs, False
        jobs += run
    return jobs, True
