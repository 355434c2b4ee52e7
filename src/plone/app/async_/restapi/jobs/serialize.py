"""Jobs as JSON."""

from __future__ import annotations

from typing import Any

from plone.app.async_.overview.details import JobDetails
from plone.app.async_.overview.json import details_data
from plone.app.async_.overview.json import summary_data
from plone.app.async_.overview.summary import JobSummary
from plone.app.async_.restapi.service import AsyncService
from zc.async_ import timeline


INTERNALS = ("worker", "agent")
"""Not for those who see only their own jobs."""


def url_of(service: AsyncService, job_id: str) -> str:
    """Where a job is."""
    return f"{service.context.absolute_url()}/@jobs/{job_id}"


def summary_json(service: AsyncService, job: JobSummary) -> dict[str, Any]:
    """A job in a list."""
    return _adjusted(service, summary_data(job, service.request))


def details_json(service: AsyncService, job: JobDetails) -> dict[str, Any]:
    """All about a job; for those who see only their own jobs neither log nor workers, and a failure without frames."""
    data = _adjusted(service, details_data(job, service.request))
    if not service.is_manager:
        del data["log"]
        for event in data["timeline"]:
            if event["what"] == timeline.RESCUED:
                event["details"] = ""
        if job.failure is not None:
            data["failure"] = {"type": job.failure.type, "message": job.failure.message}
    return data


def _adjusted(service: AsyncService, data: dict[str, Any]) -> dict[str, Any]:
    data["@id"] = url_of(service, data["id"])
    if not service.is_manager:
        for name in INTERNALS:
            del data[name]
        data["actions"] = [action for action in data["actions"] if action == "cancel"]
    return data
