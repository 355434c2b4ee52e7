"""Quotas: how many jobs of a kind may run at a time, in all workers together."""

from plone import api
from zope.component import getUtility

from plone.app.async_.decorators import job
from plone.app.async_.interfaces import IAsyncService


def make_quotas(event):
    """Called when a worker begins to work on a queue."""
    quotas = event.object.quotas
    if "thumbnails" not in quotas:
        quotas.create("thumbnails", 4)
    if "search engine" not in quotas:
        quotas.create("search engine", 1)


@job(quota_names=("thumbnails",))
def make_thumbnails(image):
    """Four at a time."""


@job(quota_names=("thumbnails", "search engine"))
def send_thumbnails(image):
    """One at a time, and only while less than four of both kinds run."""


def queue_in_own_quota(function, context, *args):
    """Queue a job that waits only for others of the same site."""
    service = getUtility(IAsyncService)
    queue = service.getQueues()[""]
    quota = f"site {api.portal.get().getId()}"
    if quota not in queue.quotas:
        queue.quotas.create(quota, 1)
    return service.queueJobInQueue(queue, (quota,), function, context, *args)
