"""``@@manage-job-queue``: what there is to see, each part prepared by a module of its own."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from zExceptions import BadRequest
from zope.component import queryMultiAdapter
from zope.i18n import translate

from plone.app.async_ import _
from plone.app.async_ import authority
from plone.app.async_ import config
from plone.app.async_.browser.controlpanel.charts import Chart
from plone.app.async_.browser.controlpanel.charts import charts_of
from plone.app.async_.browser.controlpanel.figures import Figure
from plone.app.async_.browser.controlpanel.figures import figures_of
from plone.app.async_.browser.controlpanel.joblist import JobList
from plone.app.async_.browser.view import BoardView
from plone.app.async_.forms.filters import Filter
from plone.app.async_.forms.filters import queue_word
from plone.app.async_.forms.filters import read_filter
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.forms.queue_orders import DEEDS
from plone.app.async_.overview.counts import Count
from plone.app.async_.overview.counts import Pace
from plone.app.async_.overview.queues import QueueSummary
from plone.app.async_.overview.states import State
from plone.app.async_.overview.workers import WorkerSummary
from plone.app.async_.steering.queues import LARGEST_QUOTA
from zc.async_.history import Deed


NAME = "@@manage-job-queue"
SETTINGS = "job-queue-settings"

MOST_DEEDS = 50


class JobQueuePanel(BoardView):
    """The control panel. Reads only, and shows one state of the database."""

    overview_parts = ViewPageTemplateFile("overview.pt")
    jobs_parts = ViewPageTemplateFile("jobs.pt")
    queues_parts = ViewPageTemplateFile("queues.pt")
    largest_quota = LARGEST_QUOTA
    deeds = DEEDS
    queue_word = staticmethod(queue_word)

    def __call__(self) -> Any:
        try:
            self.jobs  # noqa: B018
        except WrongParameter as error:
            raise BadRequest(translate(error.args[0], context=self.request)) from error
        return self.index()

    @cached_property
    def filter(self) -> Filter:
        return read_filter(self.request.form, self.board)

    @cached_property
    def jobs(self) -> JobList:
        return JobList(self.board, self.filter, len(self.queues) > 1)

    @property
    def address(self) -> str:
        """Where the reader is, as a local address."""
        return self.filter.here(NAME)

    @property
    def settings_address(self) -> str:
        """Where the settings are, or nothing if the add-on is not installed in the site."""
        found = queryMultiAdapter((self.portal, self.request), name=SETTINGS)
        return "" if found is None else f"{self.portal_url}/@@{SETTINGS}"

    # Figures

    @cached_property
    def counts(self) -> dict[State, Count]:
        return self.board.counts()

    def figures(self) -> list[Figure]:
        return figures_of(self.counts, NAME)

    def count(self, count: Count) -> str:
        """A number that may be a lower limit."""
        number = self.formats.number(count.number)
        if count.is_exact or not count.number:
            return number
        return _("count_at_least", default="${number}+", mapping={"number": number})

    @cached_property
    def pace(self) -> Pace:
        return self.board.pace()

    def charts(self) -> list[Chart]:
        return charts_of(self.pace, self.formats)

    @property
    def charts_begin(self) -> Any:
        """Since when the charts are complete, if not since they begin; else None."""
        return self.pace.known_since if self.pace.known_since > self.pace.hours[0].start else None

    # What all sites share

    @cached_property
    def queues(self) -> list[QueueSummary]:
        return self.board.queues()

    @cached_property
    def workers(self) -> list[WorkerSummary]:
        return self.board.workers()

    @property
    def workers_alive(self) -> int:
        return sum(worker.is_alive for worker in self.workers)

    @property
    def worker_file(self) -> str:
        """What a worker for these queues loads."""
        return config.worker_file()

    @property
    def oldest(self) -> Any:
        """How long the job that waits longest has been due, in any queue; None if none is."""
        return max((queue.oldest for queue in self.queues if queue.oldest is not None), default=None)

    def queue_title(self, name: str) -> str:
        """The name of a queue for people."""
        return name or _("queue_unnamed", default="Default queue")

    @cached_property
    def may_steer_queues(self) -> bool:
        return authority.may_steer_queues(self.portal)

    @cached_property
    def history(self) -> list[tuple[str, Deed]]:
        return self.board.history()[:MOST_DEEDS]
