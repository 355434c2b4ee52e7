"""What is wrong with queues and workers, in plain words: a small function for each finding."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from plone.app.async_.overview.diagnosis import callables
from plone.app.async_.overview.diagnosis import clocks
from plone.app.async_.overview.diagnosis import databases
from plone.app.async_.overview.diagnosis import queues
from plone.app.async_.overview.diagnosis import quotas
from plone.app.async_.overview.diagnosis import workers
from plone.app.async_.overview.diagnosis.finding import Finding
from zc.async_ import clock
from zc.async_ import version1
from zc.async_.interfaces import KEY


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.queue import Queue

__all__ = ["Finding", "diagnose"]

OF_ALL = (workers.no_worker, workers.silent, workers.ousted, workers.versions, clocks.skewed)
"""Findings about all queues together."""

OF_ONE = (
    queues.paused,
    quotas.held_by_the_dead,
    quotas.unknown,
    queues.nobody_takes,
    callables.failed,
    callables.waiting,
)
"""Findings about one queue."""


def diagnose(connection: Connection) -> list[Finding]:
    """All that is found in the database with the queues, problems first; reads only, and at most some 1000 jobs."""
    root = connection.root()
    if version1.has_queues(root):
        found = [databases.version_1(root)]
    elif KEY not in root:
        found = [databases.no_queues()]
    else:
        found = list(_of_queues(root[KEY].values(), clock.now()))
    found += databases.left_behind(connection)
    return sorted(found, key=lambda finding: not finding.is_problem)


def _of_queues(queues: Iterable[Queue], now: datetime) -> Iterator[Finding]:
    queues = list(queues)
    for find in OF_ALL:
        yield from find(queues, now)
    for queue in queues:
        for find_in_one in OF_ONE:
            yield from find_in_one(queue, now)
