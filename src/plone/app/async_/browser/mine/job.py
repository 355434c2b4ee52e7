"""The page of one's own job."""

from __future__ import annotations

from typing import Any

from plone.app.async_.browser.mine.own import OwnJobs
from plone.app.async_.browser.page import OneJobPage


class MyJob(OwnJobs, OneJobPage):
    """What the user who queued a job needs to know: nothing of workers, of other jobs and of the code. Reads only."""

    @property
    def here(self) -> str:
        """The page's address within the site."""
        return f"@@my-job?id={self.summary.id}"

    @property
    def place(self) -> Any:
        """How many jobs are before it."""
        return self.place_of(self.summary, self.board.before([self.summary]))
