"""The jobs."""

from zope.component import getUtility

from plone.app.async_.interfaces import IAsyncService


QUOTA = "pages"


def make_quota(event):
    """Let two jobs on pages run at a time; called when a worker begins to work on a queue."""
    if QUOTA not in event.object.quotas:
        event.object.quotas.create(QUOTA, 2)


def retitle(context, title):
    """Give a page another title."""
    if not title:
        raise ValueError("a title is needed")
    context.title = title
    context.reindexObject()
    return title


def retitle_pages(folder, title):
    """Queue a job for each page in the folder."""
    service = getUtility(IAsyncService)
    for page in folder.objectValues():
        service.queueJobInQueue("", (QUOTA,), retitle, page, title)
