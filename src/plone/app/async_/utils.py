"""Queueing a job in one call, and waiting for all jobs in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plone.app.async_ import environment
from plone.app.async_.queues import DEFAULT_QUEUE
from plone.app.async_.queues import AnyJob
from plone.app.async_.queues import open_queues


if TYPE_CHECKING:
    from zc.async_.queue import Queues


def queue(job: AnyJob) -> AnyJob:
    """Put a job into the default queue and return it; also from within a job.

    It runs once the caller's transaction is committed. Raises ``NoSite``, and what ``Queue.put`` raises.
    """
    _queues()[DEFAULT_QUEUE].put(job)
    return job


def _queues() -> Queues:
    return open_queues(environment.current_portal()._p_jar)
