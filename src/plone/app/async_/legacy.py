"""Functions that add-ons for version 1 import from ``plone.app.async_.service``."""

from __future__ import annotations

from typing import Any

from zope.event import notify

from plone.app.async_.interfaces import JobFailure
from plone.app.async_.interfaces import JobSuccess
from plone.app.async_.job import SiteJob
from plone.app.async_.user import capture
from zc.async_ import local


_getAuthenticatedUser = capture


def job_success_callback(result: Any) -> None:
    """Send ``IJobSuccess`` when used as a callback of a job that is none of a site; those are told of anyway."""
    _notify(JobSuccess, result)


def job_failure_callback(failure: Any) -> None:
    """Send ``IJobFailure`` when used as a callback of a job that is none of a site; those are told of anyway."""
    _notify(JobFailure, failure)


def _notify(event: type[JobSuccess] | type[JobFailure], outcome: Any) -> None:
    callback = local.getJob()
    job = None if callback is None else callback.caller
    if not isinstance(job, SiteJob):
        notify(event(outcome, job))
