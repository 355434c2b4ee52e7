"""What to look for among jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_.overview import states
from plone.app.async_.overview.calls import function_name
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.scope import environment_of
from plone.app.async_.overview.states import State
from plone.app.async_.overview.states import state_of


if TYPE_CHECKING:
    from zc.async_.job import Job


@dataclass(frozen=True)
class Query:
    """A filter and an order. What is empty or None lets all pass.

    ``callable`` is a part of the function's name, ``text`` one of title, user id, id, site path or failure, both
    in any case. ``site`` is the path of a site, or empty for jobs of no site. ``since`` and ``until`` limit when the
    job ended, else was started, else was queued. Without ``sort`` jobs come in their natural order: active ones,
    waiting ones by start, scheduled ones by time, ended ones newest first. ``sort`` is a key of ``SORTS``.
    """

    states: frozenset[State] = states.LISTED
    callable: str = ""
    user: str | None = None
    queue: str | None = None
    text: str = ""
    site: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: str = ""
    descending: bool = False

    def __post_init__(self) -> None:
        if self.sort and self.sort not in SORTS:
            raise ValueError(f"jobs are not sorted by {self.sort!r}, but by one of {', '.join(SORTS)}")
        if not self.states <= states.LISTED:
            raise ValueError("jobs that are in no queue cannot be listed")

    def matches(self, job: Job, now: datetime) -> bool:
        """Whether the job passes; the queue is not looked at."""
        return (
            state_of(job, now) in self.states
            and (not self.callable or self.callable.lower() in function_name(job).lower())
            and (not self.user or user_of(job) == self.user)
            and (self.site is None or site_of(job) == self.site)
            and self._is_in_time(job)
            and (not self.text or self.text.lower() in _text(job))
        )

    def _is_in_time(self, job: Job) -> bool:
        if self.since is None and self.until is None:
            return True
        moment = moment_of(job)
        if moment is None:
            return False
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)

    def sorted(self, jobs: list[Job]) -> list[Job]:
        """The jobs in the wanted order; those without a value come last."""
        if not self.sort:
            return jobs
        value = SORTS[self.sort]
        having = [job for job in jobs if value(job) is not None]
        lacking = [job for job in jobs if value(job) is None]
        return sorted(having, key=value, reverse=self.descending) + lacking


def moment_of(job: Job) -> datetime | None:
    """When a job ended, else was started, else was queued."""
    return job.active_end or job.active_start or job.queued_at


def user_of(job: Job) -> str | None:
    """The id of the user as whom a job runs."""
    here = environment_of(job)
    return None if here is None else here.user_id


def site_of(job: Job) -> str:
    """The path of the site in which a job runs; empty for jobs of no site."""
    here = environment_of(job)
    return "" if here is None else "/".join(here.portal_path)


def _text(job: Job) -> str:
    here = environment_of(job)
    failure = job.result.getErrorMessage()[:1000] if job.is_completed and hasattr(job.result, "getErrorMessage") else ""
    parts = [job.title, id_of(job), failure]
    if here is not None:
        parts += [here.user_id or "", site_of(job)]
    return "\n".join(parts).lower()


NO_SITE = "none"
"""How faces call the jobs of no site, and histories what was done to them; the path of a site begins with a slash."""

SORTS: dict[str, Callable[[Job], Any]] = {
    "callable": function_name,
    "user": user_of,
    "priority": lambda job: job.priority,
    "queued": lambda job: job.queued_at,
    "begin_after": lambda job: job.begin_after,
    "started": lambda job: job.active_start,
    "ended": lambda job: job.active_end,
}
