"""The page of a job."""

from __future__ import annotations

from dataclasses import dataclass

from plone.app.async_.browser.job.course import reasons_shown
from plone.app.async_.browser.job.related import relations_of
from plone.app.async_.browser.page import OneJobPage
from plone.app.async_.overview.details import Argument
from plone.app.async_.overview.failure import last_error
from plone.app.async_.overview.states import State
from plone.app.async_.overview.states import asked_to_end
from plone.app.async_.overview.summary import JobSummary
from plone.app.async_.overview.surroundings import Surroundings
from plone.app.async_.overview.surroundings import surroundings_of
from plone.app.async_.steering.jobs import HIGHEST_PRIORITY
from plone.app.async_.steering.jobs import LONGEST_REASON
from zc.async_ import meter


@dataclass(frozen=True)
class Relation:
    """Other jobs, and what they have to do with this one."""

    title: str
    jobs: list[JobSummary]


class JobPage(OneJobPage):
    """All about a job of the site. Reads only; the forms in it go to ``@@manage-job-action``."""

    highest_priority = HIGHEST_PRIORITY
    longest_reason = LONGEST_REASON

    @property
    def here(self) -> str:
        """The page's address within the site."""
        return f"@@manage-job?id={self.summary.id}"

    @property
    def action_url(self) -> str:
        """Where its forms go."""
        return f"{self.portal_url}/@@manage-job-action"

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be done to the job."""
        return self.summary.actions

    @property
    def is_running(self) -> bool:
        """Whether a cancellation is a request that the job may not hear."""
        return self.summary.state is State.ACTIVE

    @property
    def reasons(self) -> list[str]:
        """Why the job does not go on yet."""
        return reasons_shown(self.details)

    @property
    def last_error(self) -> str:
        """Why the job is to be tried again; empty if it is not."""
        return last_error(self.job)

    @property
    def asked_to_end(self) -> str | None:
        """With what reason a running job was asked to end; None if it was not."""
        return asked_to_end(self.job, self.summary.state)

    @property
    def surroundings(self) -> Surroundings | None:
        """In what site and request it runs."""
        return surroundings_of(self.job)

    @property
    def annotations(self) -> list[Argument]:
        """What the job noted, besides its progress."""
        return [note for note in self.details.notes if note.name != meter.NAME]

    @property
    def relations(self) -> list[Relation]:
        """The jobs that have to do with this one."""
        groups = ((title, self.known(ids)) for title, ids in relations_of(self.details))
        return [Relation(title, jobs) for title, jobs in groups if jobs]
