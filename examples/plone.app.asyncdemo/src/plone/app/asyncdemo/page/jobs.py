"""What runs in the worker: ordinary functions that a module can be asked for."""

from __future__ import annotations

import os
import time
from typing import Any
from uuid import uuid4

from plone import api


def create_page(site: Any, title: str, pause: float = 0.0) -> dict[str, Any]:
    """Create and publish a page as the user who queued the job.

    The job has brought back the user, the site, and a request with the address
    that the user was at.  All that is done here is committed together with the
    result, or not at all.  ``pause`` makes the work last that many seconds.
    """
    name = f"async-demo-{uuid4().hex[:8]}"
    page = api.content.create(container=site, type="Document", id=name, title=title)
    api.content.transition(page, transition="publish")
    time.sleep(pause)
    return {
        "url": page.absolute_url(),
        "creator": page.Creator(),
        "worker": os.getpid(),
    }
