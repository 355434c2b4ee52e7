"""The jobs of the page that is viewed."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import Any

from plone.app.layout.viewlets.common import ViewletBase
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile

from plone.app.async_ import authority
from plone.app.async_.browser.formats import Formats
from plone.app.async_.browser.view import badge
from plone.app.async_.overview import Board
from plone.app.async_.overview import Query
from plone.app.async_.overview import Scope
from plone.app.async_.overview import State
from plone.app.async_.overview import of_current_user
from plone.app.async_.overview import of_site
from plone.app.async_.overview import on_content
from plone.app.async_.overview.summary import JobSummary
from zc.async_ import clock


UNFINISHED = Query(states=frozenset({State.ACTIVE, State.WAITING, State.SCHEDULED}))

LOOKED_AT = 200
"""Jobs of the database that a view of a page may cost, however many there are."""

MOST = 5
"""Jobs shown."""


class JobsViewlet(ViewletBase):
    """Jobs for a content object: all for those who manage the site's jobs, else one's own. Reads only.

    Shows nothing to Anonymous, whose pages caches keep, and costs next to nothing where no job waits or runs.
    """

    parts = ViewPageTemplateFile("../parts.pt")
    badge = staticmethod(badge)

    @property
    def available(self) -> bool:
        """Whether there is something to show."""
        return bool(self.jobs)

    @cached_property
    def jobs(self) -> list[JobSummary]:
        """The first jobs for the object among the next ones of all."""
        scope = None if self.portal_state.anonymous() else self._scope
        if scope is None:
            return []
        board = Board(self._portal, on_content(scope, self.context))
        runs = board.search().runs(UNFINISHED)
        looked_at = islice((job for run in runs for job in run), LOOKED_AT)
        found = (job for job in looked_at if board.scope.covers(job) and UNFINISHED.matches(job, board.now))
        return board.summaries(list(islice(found, MOST)))

    @cached_property
    def formats(self) -> Formats:
        return Formats(self.context, self.request, clock.now())

    @cached_property
    def _portal(self) -> Any:
        return self.portal_state.portal()

    @cached_property
    def may_manage(self) -> bool:
        """Whether the user may see everybody's jobs."""
        return authority.may_manage_jobs(self._portal)

    @property
    def _scope(self) -> Scope | None:
        if self.may_manage:
            return of_site(self._portal)
        return of_current_user(self._portal) if authority.may_view_own_jobs(self._portal) else None

    def url_of(self, job: JobSummary) -> str:
        """The page of a job that the user may see."""
        view = "@@manage-job" if self.may_manage else "@@my-job"
        return f"{self._portal.absolute_url()}/{view}?id={job.id}"
