"""Content objects as data: a path and a UID, found again in the worker.

Nothing here is acquired: what is found is at the very path, or has the very UID. Looking up is unrestricted, for the
one who queued the job held the object; what the job may do with it is checked as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import NamedTuple

from Acquisition import aq_base
from persistent import Persistent
from plone.uuid.interfaces import IUUID
from Products.CMFCore.utils import getToolByName
from zExceptions import BadRequest
from zExceptions import NotFound
from ZODB.POSException import POSKeyError
from zope.component.hooks import getSite

from plone.app.async_.interfaces import ContextWithoutPath
from zc.async_.describe import custom_repr


Path = tuple[str, ...]


class ContentReference(NamedTuple):
    """Stands for a content object in the arguments of a job."""

    path: Path
    uid: str | None = None

    def find(self, kind: str) -> Any:
        """The object, in the current site's request; ``BadRequest`` calling it ``kind`` when it is gone.

        An object with a UID is found wherever it was moved, and never mistaken for a new one at its old path.
        """
        root = getSite().getPhysicalRoot()
        found = find_path(root, self.path)
        if self.uid is not None and uid_of(found) != self.uid:
            found = find_uid(root, self.uid)
        if found is None:
            raise missing(kind, self.path)
        return found


def missing(kind: str, path: Path) -> BadRequest:
    """The error to raise when there is nothing at ``path``."""
    return BadRequest(f"{kind} path {'/'.join(path) or '/'} not found")


def uid_of(obj: Any) -> str | None:
    """The UID of a content object; None if it has none."""
    return IUUID(obj, None)


def find_path(root: Any, path: Path) -> Any:
    """The object at ``path`` and nothing acquired, or None. Errors of the database are raised."""
    try:
        found = root.unrestrictedTraverse(path)
    except POSKeyError:
        raise
    except (LookupError, AttributeError, NotFound):
        return None
    if not has_path(found) or tuple(found.getPhysicalPath()) != tuple(path):
        return None
    return found


def find_uid(root: Any, uid: str) -> Any:
    """The object that has the UID, by the current site's catalog, or None."""
    catalog = getToolByName(getSite(), "portal_catalog")
    for brain in catalog.unrestrictedSearchResults(UID=uid):
        found = find_path(root, tuple(brain.getPath().split("/")))
        if uid_of(found) == uid:
            return found
    return None


def has_path(obj: Any) -> bool:
    """Whether the object itself, not what it is in, knows its path."""
    return callable(getattr(aq_base(obj), "getPhysicalPath", None))


def reference_to(obj: Any, name: str) -> ContentReference:
    """A reference to an object; ``ContextWithoutPath``, calling it ``name``, if a worker could not find it."""
    path = tuple(obj.getPhysicalPath()) if has_path(obj) else ()
    if path[:1] != ("",):
        raise ContextWithoutPath(
            f"{name}: {custom_repr(obj)} has no path from the root of Zope; give a content object, or the site, "
            "as you get it by traversal or from the catalog's getObject()"
        )
    return ContentReference(path, uid_of(obj))


def pack_arguments(args: Iterable[Any], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments with each content object, however deep in lists, tuples and dicts, made a reference.

    Raises ``ContextWithoutPath``, naming the argument, for other things that only exist in an acquisition context.
    """
    positional = tuple(_pack(value, f"args[{index}]") for index, value in enumerate(args))
    return positional, {key: _pack(value, f"kwargs[{key!r}]") for key, value in kwargs.items()}


def _pack(value: Any, name: str) -> Any:
    base = aq_base(value)
    if base is not value and isinstance(base, Persistent):
        return reference_to(value, name)
    return _rebuild(value, lambda item: _pack(item, name))


def unpack(value: Any) -> Any:
    """``value`` with each reference in it made the content object; ``BadRequest`` if one is gone.

    Lists, tuples and dicts are copies: a second attempt of a job gets them as they were.
    """
    if type(value) is ContentReference:
        return value.find("Argument")
    return _rebuild(value, unpack)


def has_references(value: Any) -> bool:
    """Whether there is a reference in ``value``."""
    if type(value) is ContentReference:
        return True
    if type(value) is dict:
        value = tuple(value.values())
    return type(value) in (list, tuple) and any(map(has_references, value))


def _rebuild(value: Any, change: Callable[[Any], Any]) -> Any:
    if type(value) is dict:
        return {key: change(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(change(item) for item in value)
    return value
