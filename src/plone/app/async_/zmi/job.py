"""``@@manage-jobs-job?id=``: all about one job."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from zExceptions import NotFound

from plone.app.async_.browser.job.course import Step
from plone.app.async_.browser.job.course import course_of
from plone.app.async_.browser.job.course import reasons_shown
from plone.app.async_.browser.job.related import relations_of
from plone.app.async_.forms.orders import TITLES
from plone.app.async_.overview.details import JobDetails
from plone.app.async_.overview.states import asked_to_end
from plone.app.async_.zmi.page import JOB_PAGE
from plone.app.async_.zmi.page import RootPage
from plone.app.async_.zmi.tabs import PAGE


class ManageJob(RootPage):
    """A job of any site; ``NotFound`` for ids that are none of a job."""

    page = ViewPageTemplateFile("job.pt")

    def answer(self) -> Any:
        if self.job is None:
            raise NotFound("There is no such job.")
        return self.page()

    @cached_property
    def job(self) -> JobDetails | None:
        return self.board.job(self.request.form.get("id"))

    def actions(self) -> list[tuple[str, str]]:
        """What can be done to it now: value and title."""
        job = self.job.summary
        return [(f"{action}/{job.id}", TITLES[action]) for action in job.actions]

    @property
    def asked_to_end(self) -> str | None:
        """With what reason a running job was asked to end; None if it was not."""
        summary = self.job.summary
        return asked_to_end(self.board.find(summary.id), summary.state)

    def reasons(self) -> list[str]:
        """Why the job does not go on yet."""
        return reasons_shown(self.job)

    def course(self) -> list[Step]:
        """What happened to the job, oldest first."""
        return course_of(self.job)

    @property
    def here(self) -> str:
        """This page, relative to the Control_Panel."""
        return self.filter.address(JOB_PAGE, id=self.job.summary.id)

    def list_url(self) -> str:
        """Where the reader came from."""
        return f"{self.url}/{self.filter.address(PAGE)}#jobs"

    def related(self) -> list[tuple[str, tuple[str, ...]]]:
        """Relation and ids of the jobs that belong to it."""
        return relations_of(self.job)
