"""The list of one's own jobs."""

from __future__ import annotations

from functools import cached_property

from zExceptions import BadRequest
from zope.i18n import translate

from plone.app.async_ import _
from plone.app.async_.browser.content import ContentLink
from plone.app.async_.browser.content import link_to_result
from plone.app.async_.browser.job.course import TITLES
from plone.app.async_.browser.job.course import Step
from plone.app.async_.browser.mine.own import OwnJobs
from plone.app.async_.browser.page import Page
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.forms.parameters import number
from plone.app.async_.forms.places import SIZE
from plone.app.async_.forms.places import Places
from plone.app.async_.overview import State
from plone.app.async_.overview.counts import Count
from plone.app.async_.overview.listing import Page as Found
from plone.app.async_.overview.summary import JobSummary
from zc.async_ import timeline


VIEW = "@@my-jobs"
TO_BE_STARTED = _("label_due", default="To be started")


class MyJobs(OwnJobs, Page):
    """A page of one's own jobs: those at work, those that wait, those that ended, newest first. Reads only.

    Parameters: ``start``, how many to pass over, and ``offset``, how many of all users' not to look at.
    """

    def __call__(self) -> str:
        """The page; ``BadRequest`` for parameters that have no meaning."""
        try:
            self.found  # noqa: B018  # tell it before anything is rendered
        except WrongParameter as error:
            raise BadRequest(translate(error.args[0], context=self.request)) from error
        return super().__call__()

    @cached_property
    def start(self) -> int:
        """How many jobs come before those of the page."""
        return number(self.request.form, "start", 0)

    @cached_property
    def offset(self) -> int:
        """How many jobs of all users are not looked at."""
        return number(self.request.form, "offset", 0)

    @cached_property
    def found(self) -> Found:
        """The jobs of the page, and how to go on."""
        return self.board.jobs(start=self.start, size=SIZE, offset=self.offset)

    @cached_property
    def before(self) -> dict[str, Count]:
        """How many jobs are before each of those of the page that wait."""
        return self.board.before(self.found.jobs)

    def moment_of(self, job: JobSummary) -> Step | None:
        """The time that says most: when a job is to start, ended, was started, or was queued."""
        if job.state is State.SCHEDULED and job.begin_after is not None:
            return Step(job.begin_after, TO_BE_STARTED, "")
        for what, time in (timeline.ENDED, job.ended), (timeline.STARTED, job.started), (timeline.QUEUED, job.queued):
            if time is not None:
                return Step(time, TITLES[what], "")
        return None

    def result_link(self, job: JobSummary) -> ContentLink | None:
        """A link to the content that the job made."""
        found = self.board.find(job.id)
        return None if found is None else link_to_result(self.portal, found)

    @property
    def here(self) -> str:
        """The page's address within the site."""
        return self._address(self.start, self.offset)

    @property
    def places(self) -> Places:
        return Places(self.found, self.offset, self._address)

    def _address(self, start: int, offset: int) -> str:
        given = [f"{name}={value}" for name, value in (("start", start), ("offset", offset)) if value]
        return "?".join([VIEW, "&".join(given)]) if given else VIEW
