"""Jobs as JSON."""

from __future__ import annotations

from typing import Any

from plone.app.async_.overview.details import JobDetails
from plone.app.async_.overview.summary import JobSummary
from plone.app.async_.restapi.json import to_json
from plone.app.async_.restapi.service import AsyncService


INTERNALS = ("worker", "agent")
"""Not for those who see only their own jobs."""


def url_of(service: AsyncService, job_id: str) -> str:
    """Where a job is."""
    return f"{service.context.absolute_url()}/@jobs/{job_id}"


def summary_json(service: AsyncService, job: JobSummary) -> dict[str, Any]:
    """A job in a list."""
    data: dict[str, Any] = to_json(job, service.request)
    data["@id"] = url_of(service, job.id)
    data["state_title"] = to_json(job.state.title, service.request)
    if not service.is_manager:
        for name in INTERNALS:
            del data[name]
    return data


def details_json(service: AsyncService, job: JobDetails) -> dict[str, Any]:
    """All about a job; for those who see only their own jobs no log, and of failures only type and message."""
    data: dict[str, Any] = to_json(job, service.request)
    data.update(summary_json(service, job.summary))
    del data["summary"]
    if not service.is_manager:
        del data["log"]
    data["failure"] = None
    if job.failure is not None:
        data["failure"] = {"type": job.failure.type, "message": job.failure.message}
        if service.is_manager:
            data["failure"]["traceback"] = job.failure.traceback
            data["failure"]["frames"] = to_json(job.failure.frames, service.request)
    return data
