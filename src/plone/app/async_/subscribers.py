"""What happens when a worker starts on a queue, and when a job is done. All run in the worker's transactions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from zope.event import notify

from plone.app.async_ import logger
from plone.app.async_.interfaces import JobFailure
from plone.app.async_.interfaces import JobSuccess
from plone.app.async_.interfaces import QueueReady
from plone.app.async_.job import SiteJob
from plone.app.async_.queues import ensure_default_quota


if TYPE_CHECKING:
    from zope.interface.interfaces import IObjectEvent

    from zc.async_.interfaces import IJobCompleted
    from zc.async_.queue import Queue

PING_SECONDS = 120
PING_DEATH_SECONDS = 300


def notifyOutcome(event: IJobCompleted) -> None:
    """Tell the success or failure of a site's job; jobs of others are none of ours."""
    job = event.object
    if isinstance(job, SiteJob):
        outcome = JobSuccess if event.succeeded else JobFailure
        notify(outcome(job.result, job))


def notifyQueueReady(event: IObjectEvent) -> None:
    """Tell that a worker begins to work on a queue."""
    notify(QueueReady(event.object.parent))


def configureQueue(event: IObjectEvent) -> None:
    """Create the default quota of a queue; one that is there keeps the size that somebody gave it."""
    ensure_default_quota(event.object)


def configureDispatcher(event: IObjectEvent) -> None:
    """Set the intervals of the workers' signs of life, for all workers, unless somebody has set them."""
    queues = event.object.parent.parent
    if queues.ping_interval is None:
        queues.ping_interval = timedelta(seconds=PING_SECONDS)
    if queues.ping_death_interval is None:
        queues.ping_death_interval = timedelta(seconds=PING_DEATH_SECONDS)


def set_ping_intervals(dispatcher: Any, ping_secs: float, ping_death_secs: float) -> None:
    """Let one dispatcher show every ``ping_secs`` that it lives; without that for ``ping_death_secs`` it is dead."""
    dispatcher.ping_interval = timedelta(seconds=ping_secs)
    dispatcher.ping_death_interval = timedelta(seconds=ping_death_secs)
    logger.info("Dispatcher %s pings every %s s, is dead after %s s", dispatcher.UUID, ping_secs, ping_death_secs)


def set_quota(queue: Queue, quota_name: str, size: int) -> None:
    """Create a quota, or give it another size."""
    if quota_name in queue.quotas:
        if queue.quotas[quota_name].size == size:
            return
        queue.quotas[quota_name].size = size
    else:
        queue.quotas.create(quota_name, size)
    logger.info("Quota %r of queue %r lets %d jobs run at a time", quota_name, queue.name, size)
