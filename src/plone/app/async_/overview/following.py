"""Follows jobs as they are queued, start and end, from what the database tells of changed objects."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ZODB.utils import u64

from plone.app.async_.overview.query import Query
from plone.app.async_.overview.redact import plain_text
from plone.app.async_.overview.states import State
from plone.app.async_.overview.summary import JobSummary
from zc.async_ import clock
from zc.async_.connections import end_snapshot
from zc.async_.connections import hear_out


if TYPE_CHECKING:
    from ZODB.DB import DB

    from plone.app.async_.overview.board import Board
    from zc.async_.job import Job

MOST_KNOWN = 10_000
"""Jobs whose last event is remembered; of more, the oldest are forgotten."""

ACTIVE = Query(states=frozenset({State.ACTIVE}))


@dataclass(frozen=True)
class Happening:
    """What happened to a job: a line of its timeline, and the job as it is since."""

    time: datetime
    what: str
    details: str
    job: JobSummary


class Changes:
    """The objects of a database that were changed, from when this was made. For one thread; close it in the end."""

    def __init__(self, db: DB) -> None:
        self._db = db
        self._storage = db._mvcc_storage.new_instance()
        self.take()

    def take(self) -> set[bytes]:
        """The oids of what was changed since the last time; after an outage some may be missing.

        Raises ``ClientDisconnected`` of a ZEO server that stays away.
        """
        hear_out(self._db.storage)
        self._storage.sync(True)
        changed = self._storage.poll_invalidations()
        end_snapshot(self._storage)
        return set(changed or ())

    def close(self) -> None:
        """Forget it."""
        self._storage.release()


class Follower:
    """Tells what happened to jobs that match a query, since it was asked last.

    A claim does not write a job: so active ones are always looked at.
    """

    def __init__(self, board: Board, query: Query = Query()) -> None:  # noqa: B008
        self._query = query
        self._since = clock.now()
        self._told: dict[str, datetime] = {}
        for job in board.search().all(ACTIVE):
            self._remember(str(u64(job._p_oid)), self._since)

    def look(self, board: Board, changed: Iterable[bytes]) -> list[Happening]:
        """What happened to the changed jobs and the active ones that the board may see and that match; oldest first.

        The board is of a transaction that began after the changes were taken.
        """
        jobs = {oid: board.find(str(u64(oid))) for oid in sorted(changed)}
        jobs.update((job._p_oid, job) for job in board.search().all(ACTIVE))
        wanted = [job for job in jobs.values() if job is not None and self._is_wanted(job, board)]
        happened = [each for job in wanted for each in self._news(job, board)]
        return sorted(happened, key=lambda happening: happening.time)

    def _is_wanted(self, job: Job, board: Board) -> bool:
        if self._query.queue is not None and (job.queue is None or job.queue.name != self._query.queue):
            return False
        return self._query.matches(job, board.now)

    def _news(self, job: Job, board: Board) -> Iterator[Happening]:
        job_id = str(u64(job._p_oid))
        course = list(job.timeline)
        told = self._told.get(job_id)
        # Of a job that is new here, at least the last event is told: its time may be by a clock that is behind.
        news = [entry for entry in course if entry.time > (told or self._since)] or (
            course[-1:] if told is None else []
        )
        if news:
            self._remember(job_id, news[-1].time)
            (summary,) = board.summaries([job])
            for entry in news:
                yield Happening(entry.time, entry.what, plain_text(entry.details), summary)

    def _remember(self, job_id: str, time: datetime) -> None:
        self._told.pop(job_id, None)
        self._told[job_id] = time
        if len(self._told) > MOST_KNOWN:
            del self._told[next(iter(self._told))]
