"""Queue a job from a view."""

from plone import api
from plone.protect import CheckAuthenticator
from Products.Five.browser import BrowserView
from zope.component import getUtility

from plone.app.async_.interfaces import IAsyncService


def reindex_tree(context):
    """Bring the catalog up to date for all that is in the context; tells how much that was."""
    brains = api.content.find(context=context)
    for brain in brains:
        brain.getObject().reindexObject()
    return len(brains)


class ReindexTree(BrowserView):
    """Posting the form queues the job, and leads back to the context."""

    def __call__(self):
        if self.request.method != "POST":
            return self.index()
        CheckAuthenticator(self.request)
        getUtility(IAsyncService).queueJob(reindex_tree, self.context)
        api.portal.show_message("The catalog is brought up to date in the background.", self.request)
        self.request.response.redirect(self.context.absolute_url())
        return ""
