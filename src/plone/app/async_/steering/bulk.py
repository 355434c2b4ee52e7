"""Acts on all jobs that match a query, as many at a time as one transaction can bear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_.overview.query import NO_SITE
from plone.app.async_.overview.query import Query
from plone.app.async_.overview.query import site_of
from plone.app.async_.overview.states import POSSIBLE
from plone.app.async_.steering.deeds import record
from plone.app.async_.steering.errors import NotPossible
from plone.app.async_.steering.jobs import ACTIONS


if TYPE_CHECKING:
    from plone.app.async_.overview import Board
    from zc.async_.job import Job
    from zc.async_.queue import Queue

MOST = 500
"""Jobs in one transaction."""


@dataclass(frozen=True)
class Done:
    """What became of it: how many jobs were ``done``, and how many ``refused`` it; ``more`` if some may be left.

    ``is_asked`` if it was about a single job, which runs on: it has only been asked to end.
    """

    done: int
    refused: int
    more: bool
    is_asked: bool = False


def act_on_all(board: Board, action: str, query: Query, *args: Any) -> Done:
    """Do something to the first jobs that match, and are in a state that allows it; call again while there are more.

    In the caller's transaction. Each job's own timeline tells, and for each queue and site one line of the history.
    """
    wanted = replace(query, states=query.states & POSSIBLE[action], sort="")
    found = board.search().page(wanted, size=MOST)
    done = _act(action, found.jobs, args)
    return Done(done, len(found.jobs) - done, found.total > MOST or found.more is not None)


def act_on_these(board: Board, action: str, query: Query, ids: Collection[str], *args: Any) -> Done:
    """Do something to the jobs with these ids that match still, recorded as by :func:`act_on_all`; others refuse it.

    In the caller's transaction: of very many, let ``MOST`` at a time be enough.
    """
    jobs = [job for job in map(board.find, ids) if job is not None and query.matches(job, board.now)]
    done = _act(action, jobs, args)
    return Done(done, len(ids) - done, False)


def _act(action: str, jobs: Iterable[Job], args: tuple[Any, ...]) -> int:
    counts: Counter[tuple[Queue | None, str]] = Counter()
    for job in jobs:
        place = job.queue, site_of(job) or NO_SITE
        with suppress(NotPossible):
            ACTIONS[action](job, *args)
            counts[place] += 1
    for (queue, site), count in counts.items():
        if queue is not None:
            record(queue, action, "", site, " ".join([f"{count} jobs", *map(str, args)]))
    return counts.total()
