"""Acts on all jobs that match a query, as many at a time as one transaction can bear."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_.overview.query import Query
from plone.app.async_.steering.deeds import record
from plone.app.async_.steering.errors import NotPossible
from plone.app.async_.steering.jobs import ACTIONS
from plone.app.async_.steering.jobs import POSSIBLE


if TYPE_CHECKING:
    from plone.app.async_.overview import Board

MOST = 500
"""Jobs in one transaction."""


@dataclass(frozen=True)
class Done:
    """What became of it: how many jobs were ``done``, and how many ``refused`` it; ``more`` if some may be left."""

    done: int
    refused: int
    more: bool


def act_on_all(board: Board, action: str, query: Query, *args: Any) -> Done:
    """Do something to the first jobs that match, and are in a state that allows it; call again while there are more.

    In the caller's transaction. Each job's own timeline tells, and for each queue one line of its history.
    """
    wanted = replace(query, states=query.states & POSSIBLE[action], sort="")
    found = board.search().page(wanted, size=MOST)
    jobs, refused = found.jobs, 0
    counts: dict[Any, int] = {}
    for job in jobs:
        queue = job.queue
        try:
            ACTIONS[action](job, *args)
        except NotPossible:
            refused += 1
        else:
            counts[queue] = counts.get(queue, 0) + 1
    site = "" if board.scope.site is None else "/".join(board.scope.site)
    for queue, count in counts.items():
        record(queue, action, "", site, " ".join([f"{count} jobs", *map(str, args)]))
    return Done(len(jobs) - refused, refused, found.total > MOST or found.more is not None)
