"""What can go wrong when somebody steers; ``args[0]`` is a message to be translated."""

from __future__ import annotations

from plone.app.async_ import _
from zc.async_.interfaces import AsyncError


class NoSuchJob(AsyncError, LookupError):
    """The id is none of a job in the scope."""

    def __init__(self) -> None:
        super().__init__(_("no_such_job", default="There is no such job."))

    __str__ = Exception.__str__


class NoSuchQueue(AsyncError, LookupError):
    """There is no queue of that name."""

    def __init__(self) -> None:
        super().__init__(_("no_such_queue", default="There is no such queue."))

    __str__ = Exception.__str__


class NotPossible(AsyncError, ValueError):
    """The state of things, or a value, does not allow it."""
