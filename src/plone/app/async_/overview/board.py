"""The one thing that faces ask: what there is to see and whom it concerns, within a scope."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_.overview import counts
from plone.app.async_.overview.details import JobDetails
from plone.app.async_.overview.details import describe
from plone.app.async_.overview.figures import Figures
from plone.app.async_.overview.figures import measure
from plone.app.async_.overview.ids import load_job
from plone.app.async_.overview.line import jobs_before
from plone.app.async_.overview.listing import Page
from plone.app.async_.overview.listing import Search
from plone.app.async_.overview.people import People
from plone.app.async_.overview.query import Query
from plone.app.async_.overview.queues import QueueSummary
from plone.app.async_.overview.queues import summarize_queue
from plone.app.async_.overview.scope import Scope
from plone.app.async_.overview.states import State
from plone.app.async_.overview.summary import JobSummary
from plone.app.async_.overview.summary import summarize
from plone.app.async_.overview.workers import WorkerSummary
from plone.app.async_.overview.workers import summarize_workers
from plone.app.async_.queues import queues_connection
from zc.async_ import clock
from zc.async_.history import Deed
from zc.async_.interfaces import KEY
from zc.async_.interfaces import NEW


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.job import Job
    from zc.async_.queue import Queue


class Board:
    """Jobs, queues and workers as one request sees them, within a scope.

    Made for one transaction, by ``Board(context, scope)``; ``context`` is any stored object of the site, or the Zope
    application. Reads only: where nobody has queued a job yet, everything is empty. Who may see that scope is for the
    face to check.
    """

    def __init__(self, context: Any, scope: Scope) -> None:
        self._look(queues_connection(context._p_jar), scope, People(context.getPhysicalRoot()))

    @classmethod
    def of_queues(cls, connection: Connection, scope: Scope) -> Board:
        """A board for those who have a connection to the queues' database, and no site: users go by their ids."""
        board = cls.__new__(cls)
        board._look(connection, scope, People(None))
        return board

    def _look(self, connection: Connection, scope: Scope, people: People) -> None:
        self.scope = scope
        self.now = clock.now()
        self._connection = connection
        self._queues: Mapping[str, Queue] = connection.root().get(KEY) or {}
        self._people = people

    # Jobs

    def find(self, job_id: Any) -> Job | None:
        """The job of that id itself, for actions; None for what is no id, no job, forgotten, or outside the scope."""
        job = load_job(self._connection, job_id)
        return job if job is not None and self._is_known(job) and self.scope.covers(job) else None

    def _is_known(self, job: Job) -> bool:
        queue = job.queue
        if queue is None:
            return job.status == NEW and not job.was_withdrawn
        return self._queues.get(queue.name) is queue

    def job(self, job_id: Any) -> JobDetails | None:
        """All about one job; None as by :meth:`find`."""
        job = self.find(job_id)
        return None if job is None else describe(job, self.now, self._people, self.scope)

    def jobs(self, query: Query = Query(), start: int = 0, size: int = 25, offset: int = 0) -> Page:  # noqa: B008
        """A page of the jobs that match."""
        found = self.search().page(query, start, size, offset)
        return Page(self.summaries(found.jobs), start, found.total, found.is_exact, found.more)

    def summaries(self, jobs: list[Job]) -> list[JobSummary]:
        """Jobs of the scope as data."""
        return [summarize(job, self.now, self._people) for job in jobs]

    def before(self, jobs: Iterable[JobSummary]) -> dict[str, counts.Count]:
        """How many jobs of anybody are before each of these that wait, by id; see ``line.jobs_before``."""
        found: dict[str, counts.Count] = {}
        waiting = [job for job in jobs if job.state is State.WAITING]
        for name in {job.queue for job in waiting} & set(self._queues):
            found.update(jobs_before(self._queues[name], [job.id for job in waiting if job.queue == name]))
        return found

    def search(self) -> Search:
        """What finds the jobs themselves, for actions on many."""
        return Search(list(self._queues.values()), self.scope, self.now)

    # Figures

    def counts(self, since: datetime | None = None) -> dict[State, counts.Count]:
        """How many jobs of the scope are in each state; of ended ones since then, by default within a day."""
        since = self.now - timedelta(days=1) if since is None else since
        return counts.count_states(self.search(), self.scope, self.now, since)

    def pace(self, hours: int = 24) -> counts.Pace:
        """What ended in the scope in the last hours, and how long it waited and ran."""
        return counts.pace(self.search(), self.scope, self.now, hours)

    # What all sites share

    def queues(self) -> list[QueueSummary]:
        """All queues, with figures of all sites' jobs."""
        return [summarize_queue(queue, self.scope, self.now) for queue in self._queues.values()]

    def queue(self, name: Any) -> Queue | None:
        """The queue of that name itself, for actions; None if there is none."""
        return self._queues.get(name)

    def history(self) -> list[tuple[str, Deed]]:
        """Queue name and deed, newest first: what was done to queues, and to jobs of the scope's site."""
        site = None if self.scope.site is None else "/".join(self.scope.site)
        deeds = [(name, deed) for name, queue in self._queues.items() for deed in queue.history or ()]
        seen = [
            (name, deed) for name, deed in deeds if site is None or deed.place == site or not (deed.place or deed.job)
        ]
        return sorted(seen, key=lambda item: item[1].time, reverse=True)

    def workers(self) -> list[WorkerSummary]:
        """All workers, those alive first; empty if none has ever started."""
        return summarize_workers(list(self._queues.values()), self.scope)

    def figures(self) -> Figures:
        """Numbers about all queues and workers, for programs; of all sites' jobs, whatever the scope."""
        return measure(self._queues.values(), self.now)
