"""What the pages about one's own jobs have in common."""

from __future__ import annotations

from typing import Any

from zExceptions import Unauthorized

from plone.app.async_ import _
from plone.app.async_.browser.view import BoardView
from plone.app.async_.overview import Scope
from plone.app.async_.overview import of_current_user
from plone.app.async_.overview.counts import Count
from plone.app.async_.overview.summary import JobSummary


class OwnJobs(BoardView):
    """A page about the jobs that the current user queued in the site; to others they do not exist."""

    def scope(self) -> Scope:
        """The current user's jobs; ``Unauthorized`` for Anonymous."""
        scope = of_current_user(self.portal)
        if scope is None:
            raise Unauthorized("Log in to see your jobs.")
        return scope

    def may_cancel(self, job: JobSummary) -> bool:
        """Whether that can be done to the job as it is."""
        return "cancel" in job.actions

    def place_of(self, job: JobSummary, before: dict[str, Count]) -> Any:
        """How many jobs of anybody are before a waiting one, in words; None if that is not known."""
        count = before.get(job.id)
        if count is None:
            return None
        if not count.number:
            return _("line_next", default="Next in line")
        number = self.formats.number(count.number)
        if count.is_exact:
            return _("line_place", default="Jobs before it: ${number}", mapping={"number": number})
        return _("line_far", default="Jobs before it: more than ${number}", mapping={"number": number})
