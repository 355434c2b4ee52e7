"""Who did what: kept in the history of the queue, and logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from AccessControl import getSecurityManager

from plone.app.async_ import logger
from zc.async_ import history
from zc.async_.redact import plain_text


if TYPE_CHECKING:
    from zc.async_.queue import Queue


def current_user() -> str:
    """The id of the current user, else the name."""
    user = getSecurityManager().getUser()
    return str(user.getId() or user.getUserName())


def record(queue: Queue, what: str, job: str = "", place: str = "", details: str = "") -> None:
    """Note what the current user did to a queue or one of its jobs, in the caller's transaction."""
    who, details = current_user(), plain_text(" ".join(details.split()))
    history.record(queue, who, what, job, place, details)
    logger.info("%s by %s: queue %r, job %s %s", what, who, queue.name, job or "-", details)
