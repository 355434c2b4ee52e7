"""``@@manage-job-action``: does something to jobs, and goes back to where the reader was."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from plone.protect import CheckAuthenticator
from plone.protect import PostOnly
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile

from plone.app.async_.browser.returning import DEFAULT
from plone.app.async_.browser.returning import go_back
from plone.app.async_.browser.returning import is_local
from plone.app.async_.browser.view import BoardView
from plone.app.async_.forms.filters import Filter
from plone.app.async_.forms.filters import read_filter
from plone.app.async_.forms.orders import TITLES
from plone.app.async_.forms.orders import Order
from plone.app.async_.forms.orders import outcome
from plone.app.async_.forms.orders import read_order
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.overview.counts import Count
from plone.app.async_.steering import NoSuchJob
from plone.app.async_.steering import NotPossible
from plone.app.async_.steering.jobs import HIGHEST_PRIORITY
from plone.app.async_.steering.jobs import LONGEST_REASON


class JobAction(BoardView):
    """Takes the parameters of ``forms.orders`` and of ``forms.filters``, and ``came_from``.

    POST with an authenticator only. Unless ``confirmed`` it asks first, where something cannot be undone.
    """

    question = ViewPageTemplateFile("question.pt")
    highest_priority = HIGHEST_PRIORITY
    longest_reason = LONGEST_REASON
    titles = TITLES
    order: Order

    def __call__(self) -> Any:
        PostOnly(self.request)
        CheckAuthenticator(self.request)
        try:
            self.order = read_order(self.request.form)
            if self.order.must_ask:
                return self.question()
            done = self.order.carry_out(self.board, self.filter.query)
        except (NoSuchJob, NotPossible, WrongParameter) as error:
            return go_back(self.request, self.portal_url, error.args[0], "error")
        return go_back(self.request, self.portal_url, outcome(done), "warning" if done.refused else "info")

    @cached_property
    def filter(self) -> Filter:
        return read_filter(self.request.form, self.board)

    # What the question shows

    @cached_property
    def count(self) -> Count:
        return self.order.count(self.board, self.filter.query)

    @property
    def came_from(self) -> str:
        """Where to go back."""
        came_from = self.request.form.get("came_from")
        return came_from if is_local(came_from) else DEFAULT

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The hidden fields that mean the same order, confirmed."""
        given = self.filter.given if self.order.ids is None else ()
        return [*self.order.fields, *given, ("came_from", self.came_from), ("confirmed", "1")]
