"""Whose a job is, where several Plone sites share the queues of a database."""

from __future__ import annotations

from typing import Any

from plone.app.async_.job import SiteJob


def is_job_of(portal: Any, job: Any) -> bool:
    """Whether the job was queued in that site; loads no more than the job's record.

    Jobs of the engine itself are of no site.
    """
    return isinstance(job, SiteJob) and job.environment.portal_path == portal.getPhysicalPath()
