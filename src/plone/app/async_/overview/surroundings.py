"""In which site a job runs, and what the request is like that it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plone.app.async_ import request as requests
from plone.app.async_.overview.scope import environment_of


if TYPE_CHECKING:
    from zc.async_.job import Job


@dataclass(frozen=True)
class Surroundings:
    """``site`` is its path, ``address`` the URL under which its user saw it; empty if no request queued the job.

    ``language`` is empty for the site's own.
    """

    site: str
    address: str
    language: str


def surroundings_of(job: Job) -> Surroundings | None:
    """Where a job runs; None for jobs of no site."""
    here = environment_of(job)
    if here is None:
        return None
    return Surroundings(
        site="/".join(here.portal_path),
        address=requests.address_of(here.portal_path, here.request) if here.request else "",
        language=requests.language_of(here.request),
    )
