"""Queue a job from an event subscriber."""

from plone.app.async_.decorators import job
from zc.async_ import local


@job
def count_words(page):
    """Keep the number of words of a page with it."""
    page.words = len(page.text.output.split())
    page.reindexObject()
    return page.words


def page_changed(page, event):
    """Called when a page was modified."""
    if local.getJob() is None and page.text is not None:
        count_words.delay(page)
