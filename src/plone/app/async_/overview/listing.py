"""Finding jobs among very many without an index: one look at as few as needed, and never at more than a window."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from plone.app.async_.overview import states
from plone.app.async_.overview.archives import ended_runs
from plone.app.async_.overview.archives import newest_first
from plone.app.async_.overview.query import Query
from plone.app.async_.overview.scope import Scope
from plone.app.async_.overview.states import State
from zc.async_ import whereabouts
from zc.async_.connections import fetch
from zc.async_.whereabouts import Run


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.queue import Queue

WINDOW = 5000
"""Jobs looked at in one search, and a few more; ``Found.more`` says where to look further."""


@dataclass(frozen=True)
class Found:
    """The jobs of one page of a search.

    ``total`` counts the matches seen; there may be more unless ``is_exact``. If there are none left in the window,
    ``more`` is the ``offset`` with which to look further, or None at the end.
    """

    jobs: list[Job]
    start: int
    total: int
    is_exact: bool
    more: int | None
    looked_at: int


SOURCES = (
    (State.ACTIVE, whereabouts.active_runs),
    (State.WAITING, whereabouts.waiting_runs),
    (State.SCHEDULED, whereabouts.scheduled_runs),
)


class Search:
    """A search in some queues, as of one transaction. Loads the jobs it looks at, and writes nothing."""

    def __init__(self, queues: list[Queue], scope: Scope, now: datetime) -> None:
        self._queues = queues
        self._scope = scope
        self._now = now

    def page(self, query: Query, start: int = 0, size: int = 25, offset: int = 0) -> Found:
        """The matches from ``start`` on, at most ``size``.

        In the natural order it looks no further than needed; sorted otherwise, at a whole window, whose jobs it
        sorts. ``offset`` is how many jobs to leave out unseen.
        """
        enough = WINDOW if query.sort else start + size
        matches: list[Job] = []
        at_end, looked_at = True, 0
        for run in self.runs(query, offset):
            if looked_at >= WINDOW or len(matches) > enough:
                at_end = False
                break
            looked_at += len(run)
            matches += [job for job in run if self._scope.covers(job) and query.matches(job, self._now)]
        more = offset + looked_at if not at_end and looked_at >= WINDOW else None
        jobs = query.sorted(matches)[start : start + size]
        return Found(jobs, start, len(matches), at_end, more, looked_at)

    def runs(self, query: Query, offset: int = 0) -> Iterator[Run]:
        """All jobs that are where those of the query's states are, each once, loaded a run at a time."""
        seen: set[bytes] = set()
        for run, arrange in self._streams(query):
            new = [job for job in run if job._p_oid is not None and job._p_oid not in seen]
            seen.update(job._p_oid for job in new)
            if offset >= len(new):
                offset -= len(new)
                continue
            fetch(new)
            yield arrange(new)[offset:]
            offset = 0

    def _streams(self, query: Query) -> Iterator[tuple[Run, Callable[[Run], Run]]]:
        queues = [queue for queue in self._queues if query.queue is None or queue.name == query.queue]
        for state, source in SOURCES:
            if state in query.states:
                yield from ((run, list) for run in source(queues))
        if query.states & states.ENDED:
            yield from ((run, newest_first) for run in ended_runs(queues, query.since))
