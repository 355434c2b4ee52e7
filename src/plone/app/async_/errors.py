"""What goes wrong when jobs are queued; docstrings are the default messages."""

from __future__ import annotations

from zope.interface.interfaces import ComponentLookupError

from zc.async_.errors import AsyncError


class NoSite(AsyncError, ComponentLookupError):
    """There is no current Plone site; call setSite(portal) before queueing jobs."""


class ContextWithoutPath(AsyncError, AttributeError):
    """The context of a job must be an object that has a path from the root of Zope."""


class UnknownQueue(AsyncError, KeyError):
    """There is no queue of that name."""

    __str__ = Exception.__str__  # KeyError's shows a repr


class UserNotRestorable(AsyncError, ValueError):
    """The current user is in no user folder, so no worker could become that user."""


class WrongJobInfo(AsyncError, TypeError):
    """A job info must be what makeJob() returns, (func, context, args, kwargs), or a job."""
