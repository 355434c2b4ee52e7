"""``@@my-job-cancel``: ends one's own job, and goes back to where the reader was."""

from __future__ import annotations

from typing import Any

from plone.protect import CheckAuthenticator
from plone.protect import PostOnly

from plone.app.async_ import _
from plone.app.async_ import steering
from plone.app.async_.browser.mine.jobs import VIEW
from plone.app.async_.browser.mine.own import OwnJobs
from plone.app.async_.browser.returning import go_back
from plone.app.async_.forms.orders import ASKED


CANCELLED = _("my_job_cancelled", default="The job was cancelled.")


class CancelMyJob(OwnJobs):
    """Takes ``id`` and ``came_from``. POST with an authenticator only."""

    def __call__(self) -> Any:
        """Cancel, tell what came of it, and redirect."""
        PostOnly(self.request)
        CheckAuthenticator(self.request)
        try:
            is_ended = steering.act(self.board, "cancel", self.request.form.get("id"), "")
        except (steering.NoSuchJob, steering.NotPossible) as error:
            return go_back(self.request, self.portal_url, error.args[0], "error", VIEW)
        return go_back(self.request, self.portal_url, CANCELLED if is_ended else ASKED, default=VIEW)
