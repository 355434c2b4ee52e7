"""``@@manage-jobs``: databases, queues, quotas, workers and jobs."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import Any

from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile

from plone.app.async_.forms.filters import UNNAMED
from plone.app.async_.forms.orders import TITLES
from plone.app.async_.forms.places import SIZE
from plone.app.async_.forms.places import Places
from plone.app.async_.forms.queue_orders import DEEDS
from plone.app.async_.overview import State
from plone.app.async_.overview.databases import DatabaseSummary
from plone.app.async_.overview.databases import are_queues_located
from plone.app.async_.overview.databases import summarize_databases
from plone.app.async_.overview.listing import Page
from plone.app.async_.overview.query import NO_SITE
from plone.app.async_.overview.queues import QueueSummary
from plone.app.async_.overview.states import LISTED
from plone.app.async_.steering.queues import LARGEST_QUOTA
from plone.app.async_.zmi.page import RootPage
from plone.app.async_.zmi.tabs import PAGE
from zc.async_.history import Deed


MOST_DEEDS = 20


class ManageJobs(RootPage):
    """All there is to see, and forms to steer it."""

    page = ViewPageTemplateFile("jobs.pt")
    states = [state for state in State if state in LISTED]
    actions = TITLES
    deed_titles = DEEDS
    no_site = NO_SITE
    unnamed = UNNAMED
    largest_quota = LARGEST_QUOTA

    def answer(self) -> Any:
        return self.page()

    @cached_property
    def databases(self) -> list[DatabaseSummary]:
        return summarize_databases(self.root._p_jar)

    def are_queues_located(self) -> bool:
        return are_queues_located()

    @cached_property
    def queues(self) -> list[QueueSummary]:
        return self.board.queues()

    @cached_property
    def jobs(self) -> Page:
        return self.board.jobs(self.filter.query, self.filter.start, SIZE, self.filter.offset)

    def sites(self) -> list[str]:
        """Paths of the sites in the root, as suggestions: there may be others further down."""
        return [f"/{info['id']}" for info in self.root._objects if info["meta_type"] == "Plone Site"]

    def deeds(self) -> list[tuple[str, Deed]]:
        """The last things that people did."""
        return list(islice(self.board.history(), MOST_DEEDS))

    # Places in the list

    @property
    def here(self) -> str:
        """This page, with filter and place; relative to the Control_Panel."""
        return self.filter.here(PAGE)

    def only(self, state: State) -> str:
        """This page with the jobs of one state."""
        return f"{self.url}/{PAGE}?state={state}#jobs"

    @property
    def places(self) -> Places:
        return Places(self.jobs, self.filter.offset, self._place)

    def _place(self, start: int, offset: int) -> str:
        return f"{self.url}/{self.filter.address(PAGE, start=start, offset=offset)}#jobs"
