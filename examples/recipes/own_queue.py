"""A queue beside the default one, which is paused by itself and is not held up by other jobs."""

from plone import api
from zope.component import getUtility

from plone.app.async_.interfaces import IAsyncService
from zc.async_.queue import Queue


def make_queue():
    """Make it once, in an upgrade step or the like. Workers see it at once, and have an agent in it."""
    queues = getUtility(IAsyncService).getQueues()
    if "exports" not in queues:
        queues["exports"] = Queue()


def queue_export(folder):
    """Queue a job in it; ``()`` limits it by nothing but the threads of workers."""
    return getUtility(IAsyncService).queueJobInQueue("exports", (), export, folder)


def export(folder):
    """The job."""
    return [brain.getPath() for brain in api.content.find(context=folder)]
