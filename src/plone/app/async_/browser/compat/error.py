"""``manage-job-error``: why a job failed."""

from __future__ import annotations

from zExceptions import NotFound

from plone.app.async_.browser.view import BoardView


class JobError(BoardView):
    """The whole traceback of the job ``id`` as plain text. Reads only."""

    def __call__(self) -> str:
        """The traceback; ``NotFound`` for what is no failed job of the site."""
        details = self.board.job(self.request.form.get("id"))
        if details is None or details.failure is None:
            raise NotFound("There is no such job, or it has not failed.")
        response = self.request.response
        response.setHeader("Content-Type", "text/plain; charset=utf-8")
        response.setHeader("X-Content-Type-Options", "nosniff")
        response.setHeader("Cache-Control", "private, no-cache")
        return details.failure.traceback
