"""The list of jobs: its columns, its places, and what can be done to each job."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from plone.app.async_ import _
from plone.app.async_.forms.filters import Filter
from plone.app.async_.forms.orders import TITLES
from plone.app.async_.forms.places import SIZE
from plone.app.async_.forms.places import Places
from plone.app.async_.overview.states import State


if TYPE_CHECKING:
    from plone.app.async_.overview import Board
    from plone.app.async_.overview.listing import Page

VIEW = "@@manage-job-queue"
HERE = "#jobs"

STATES = (State.WAITING, State.SCHEDULED, State.ACTIVE, State.SUCCEEDED, State.FAILED, State.CANCELLED)

COLUMNS = (
    (_("label_state", default="State"), ""),
    (_("label_job", default="Job"), "callable"),
    (_("label_user", default="User"), "user"),
    (_("label_queue", default="Queue"), ""),
    (_("label_queued", default="Queued"), "queued"),
    (_("label_times", default="Waited / ran"), ""),
)
QUEUE = COLUMNS[3]

DIRECTIONS = ("ascending", "descending")


@dataclass(frozen=True)
class Heading:
    """The head of a column; ``address`` sorts by it, or turns the order around; ``order`` is that of the list."""

    title: str
    address: str = ""
    order: str = ""


class JobList:
    """A page of the jobs that pass a filter. Raises ``WrongParameter`` by way of the filter."""

    titles = TITLES
    states = STATES

    def __init__(self, board: Board, wanted: Filter, has_queues: bool) -> None:
        self._board = board
        self.filter = wanted
        self.has_queues = has_queues

    @cached_property
    def page(self) -> Page:
        return self._board.jobs(self.filter.query, self.filter.start, SIZE, self.filter.offset)

    @property
    def is_whole(self) -> bool:
        """Whether the page knows of all jobs that match: it may be about the later ones of very many."""
        return self.page.is_exact and not self.filter.offset

    @property
    def last(self) -> int:
        """The number of the last job on the page; its first is ``start`` + 1."""
        return self.filter.start + len(self.page.jobs)

    @property
    def columns(self) -> list[Heading]:
        return [self._heading(*column) for column in COLUMNS if column is not QUEUE or self.has_queues]

    def _heading(self, title: str, key: str) -> Heading:
        if not key:
            return Heading(title)
        query = self.filter.query
        now = DIRECTIONS[query.descending] if query.sort == key else ""
        to = {"": "ascending", "ascending": "descending"}.get(now)
        changes = {"sort_on": key, "sort_order": to} if to else {"sort_on": "", "sort_order": ""}
        return Heading(title, self.filter.address(VIEW, **changes) + HERE, now)

    def is_chosen(self, state: State) -> bool:
        """Whether the filter names the state."""
        return any(name == "state" and state in value.split(",") for name, value in self.filter.given)

    # Other places in the list

    @property
    def places(self) -> Places:
        return Places(self.page, self.filter.offset, self._place)

    @property
    def beginning(self) -> str:
        """Where the list begins, for those who looked further; or nothing."""
        return self._place() if self.filter.offset else ""

    def _place(self, **place: int) -> str:
        return self.filter.address(VIEW, **place) + HERE
