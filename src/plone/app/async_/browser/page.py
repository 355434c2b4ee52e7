"""What the pages of one job or another share: their parts, and what they answer to ids that are none."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from zExceptions import NotFound

from plone.app.async_.browser.content import ContentLink
from plone.app.async_.browser.content import link_to_context
from plone.app.async_.browser.content import link_to_result
from plone.app.async_.browser.job.course import Step
from plone.app.async_.browser.job.course import course_of
from plone.app.async_.browser.view import BoardView
from plone.app.async_.overview.details import JobDetails
from plone.app.async_.overview.states import ENDED
from plone.app.async_.overview.summary import JobSummary
from zc.async_.job import Job


SECONDS = 5


class Page(BoardView):
    """A page whose answer is the reader's own, and not to be kept by caches."""

    parts = ViewPageTemplateFile("parts.pt")
    index: Any

    def __call__(self) -> str:
        """The page; ``NotFound`` if there is nothing to show."""
        self.request.response.setHeader("Cache-Control", "private, no-cache")
        return self.index()


class OneJobPage(Page):
    """A page about the job whose id is in the parameter ``id``."""

    def __call__(self) -> str:
        """The page; ``NotFound`` for what is no id, no job, or outside of the scope."""
        self.job  # noqa: B018  # tell it before anything is rendered
        return super().__call__()

    @cached_property
    def job(self) -> Job:
        """The job itself."""
        job = self.board.find(self.request.form.get("id"))
        if job is None:
            raise NotFound("There is no such job.")
        return job

    @cached_property
    def details(self) -> JobDetails:
        """All that is to be told of it."""
        details = self.board.job(self.request.form.get("id"))
        if details is None:
            raise NotFound("There is no such job.")
        return details

    @property
    def summary(self) -> JobSummary:
        """What lists tell of it."""
        return self.details.summary

    @property
    def refresh(self) -> int | None:
        """After how many seconds the page is fetched anew; None if nothing will change by itself."""
        return None if self.summary.state in ENDED else SECONDS

    @property
    def context_link(self) -> ContentLink | None:
        """What the job works on."""
        return link_to_context(self.job)

    @property
    def result_link(self) -> ContentLink | None:
        """What the job made."""
        return link_to_result(self.portal, self.job)

    @property
    def course(self) -> list[Step]:
        """What happened to the job, oldest first."""
        return course_of(self.details)

    def known(self, ids: Iterable[str]) -> list[JobSummary]:
        """Other jobs by their ids; those outside of the scope are left out."""
        found = [self.board.find(job_id) for job_id in ids]
        return self.board.summaries([job for job in found if job is not None])
