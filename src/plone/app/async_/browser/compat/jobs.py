"""``jobs.json``: the jobs of the site in four groups."""

from __future__ import annotations

import json
from typing import Any

from zope.i18n import translate

from plone.app.async_.browser.compat.entry import entry_of
from plone.app.async_.browser.view import BoardView
from plone.app.async_.forms.parameters import LARGEST_PAGE
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.forms.parameters import number
from plone.app.async_.overview import Query
from plone.app.async_.overview import State


SIZE = 100

GROUPS = {
    "queued": frozenset({State.WAITING, State.SCHEDULED}),
    "active": frozenset({State.ACTIVE}),
    "dead": frozenset({State.FAILED, State.CANCELLED}),
    "completed": frozenset({State.SUCCEEDED}),
}
"""What version 1 called them, and what is in them."""


class JobsJSON(BoardView):
    """Each group from ``b_start`` on, ``b_size`` jobs of it; ``offset`` is how many jobs of a group not to look at.

    Reads only. Never HTML: all values are plain data.
    """

    def __call__(self) -> str:
        """The answer; with status 400 and an ``error`` for parameters that have no meaning."""
        response = self.request.response
        response.setHeader("Content-Type", "application/json")
        response.setHeader("X-Content-Type-Options", "nosniff")
        response.setHeader("Cache-Control", "private, no-cache")
        try:
            return json.dumps(self._answer())
        except WrongParameter as error:
            response.setStatus(400)
            return json.dumps({"error": translate(error.args[0], context=self.request)})

    def _answer(self) -> dict[str, Any]:
        form = self.request.form
        start = number(form, "b_start", 0)
        size = number(form, "b_size", SIZE, least=1, most=LARGEST_PAGE)
        offset = number(form, "offset", 0)
        answer: dict[str, Any] = {}
        totals: dict[str, Any] = {}
        for name, states in GROUPS.items():
            query = Query(states=states)
            found = self.board.search().page(query, start, size, offset)
            answer[name] = [entry_of(job, self.board, self.portal_url) for job in found.jobs]
            totals[name] = {"number": found.total, "is_exact": found.is_exact, "further": found.more}
        return {**answer, "totals": totals}
