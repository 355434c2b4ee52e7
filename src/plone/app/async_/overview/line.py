"""How many jobs are before others in the line of a queue."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from plone.app.async_.overview.counts import Count
from plone.app.async_.overview.ids import id_of
from zc.async_.whereabouts import waiting_runs


if TYPE_CHECKING:
    from zc.async_.queue import Queue

MOST = 1000
"""Jobs counted; of most of them nothing is loaded."""


def jobs_before(queue: Queue, wanted: Collection[str]) -> dict[str, Count]:
    """How many jobs, whosever they are, stand before each of the wanted ones; nothing for those not in line.

    The order is that of start; but a full quota lets those behind overtake.
    """
    found: dict[str, Count] = {}
    left = set(wanted)
    position = 0
    for run in waiting_runs([queue]):
        if not left:
            return found
        if position >= MOST:
            return {**dict.fromkeys(left, Count(position, is_exact=False)), **found}
        for job in run:
            job_id = id_of(job)
            if job_id in left:
                found[job_id] = Count(position)
                left.discard(job_id)
            position += 1
    return found
