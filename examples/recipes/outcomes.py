"""Do something with the outcome of all jobs of a kind: subscribers to events."""

import logging


logger = logging.getLogger(__name__)


def tell_failure(event):
    """Called when a job of a site has failed for good."""
    logger.error("%s failed: %s", event.job.title, event.object.getErrorMessage())
