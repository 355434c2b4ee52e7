"""Do something with the outcome of one job."""

from zope.component import getUtility

from plone.app.async_ import Job
from plone.app.async_.interfaces import IAsyncService


def export(folder):
    """The job."""
    return {"items": len(folder.objectIds())}


def exported(folder, result):
    """Called with what the job returned; a job of its own, as the same user in the same site."""
    folder.setDescription(f"Exported: {result['items']} items")


def not_exported(folder, failure):
    """Called with the Failure."""
    folder.setDescription(f"Not exported: {failure.getErrorMessage()}")


def queue_export(folder):
    """Queue the job, with what is to follow."""
    job = getUtility(IAsyncService).queueJob(export, folder)
    job.addCallbacks(Job(exported, folder), Job(not_exported, folder))
    return job
