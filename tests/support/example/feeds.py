"""Jobs that last, and tell how far they are."""

import time

from example import levers
from plone.app.async_ import progress


END = "end"


def import_feed(context, feed, items=100):
    """Be as far as the lever says, until it says that this is the end."""
    while (told := levers.read(feed)) != END:
        done, _space, message = told.partition(" ")
        progress(int(done or 0), items, message)
        time.sleep(0.05)
    progress(items, items)
    return {"url": context.absolute_url(), "items": items}
