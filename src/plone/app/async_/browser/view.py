"""What all pages about jobs have in common."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from Products.Five.browser import BrowserView
from zope.component import getMultiAdapter

from plone.app.async_.browser.formats import Formats
from plone.app.async_.overview import Board
from plone.app.async_.overview import Scope
from plone.app.async_.overview import State
from plone.app.async_.overview import of_site


COLOURS = {
    State.NEW: "light",
    State.WAITING: "secondary",
    State.SCHEDULED: "info",
    State.ACTIVE: "primary",
    State.SUCCEEDED: "success",
    State.FAILED: "danger",
    State.CANCELLED: "warning",
}
"""Names of colours in Bootstrap, whatever its version."""


def badge(state: State) -> str:
    """The CSS classes of the label of a state; its text says the same."""
    return f"badge text-bg-{COLOURS[state]}"


class BoardView(BrowserView):
    """A page about the jobs of a scope, by default those of the site."""

    @cached_property
    def portal(self) -> Any:
        """The site, with the request, by which it knows its address."""
        return getMultiAdapter((self.context, self.request), name="plone_portal_state").portal()

    @cached_property
    def portal_url(self) -> str:
        return self.portal.absolute_url()

    def scope(self) -> Scope:
        """Whose jobs the page is about."""
        return of_site(self.portal)

    @cached_property
    def board(self) -> Board:
        return Board(self.portal, self.scope())

    @cached_property
    def formats(self) -> Formats:
        return Formats(self.context, self.request, self.board.now)

    badge = staticmethod(badge)
