"""What the worker does."""

import time

from plone.dexterity.utils import createContentInContainer

from plone.app.async_ import progress
from plone.app.async_.decorators import job


@job
def make_pages(site, number):
    """Make that many pages, and tell how far we are."""
    for done in range(number):
        title = f"Page {done + 1}"
        progress(done, number, title)
        time.sleep(0.5)  # work takes time
        createContentInContainer(site, "Document", title=title)
    progress(number, number)
    return number
