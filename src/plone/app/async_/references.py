"""Content objects as data: a path and a UID, found again in the worker.

The path leads into mounted databases by itself, and to where an administrator has moved a folder since, so the name
of the database is not kept. Nothing here is acquired: what is found is at the very path, or has the very UID. Looking
up is unrestricted, for the one who queued the job held the object; what the job may do with it is checked as usual.
"""

from __future__ import annotations

from typing import Any
from typing import NamedTuple

from Acquisition import aq_base
from OFS.interfaces import IApplication
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

    def __repr__(self) -> str:
        return f"<content {'/'.join(self.path) or '/'}>"


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


def has_place(obj: Any) -> bool:
    """Whether it is an object of the tree of content, even if it has lost its place there."""
    base = aq_base(obj)
    return isinstance(base, Persistent) and (base is not obj or has_path(obj))


def reference_to(obj: Any, name: str) -> ContentReference:
    """A reference to an object; ``ContextWithoutPath``, calling it ``name``, if a worker could not find it."""
    path = tuple(obj.getPhysicalPath()) if has_path(obj) else ()
    uid = uid_of(obj)
    if not _is_findable(obj, path, uid):
        raise ContextWithoutPath(
            f"{name}: {custom_repr(aq_base(obj))} has no path from the root of Zope; give a content object or the site "
            "as you get it by traversal or from the catalog's getObject()"
        )
    return ContentReference(path, uid)


def _is_findable(obj: Any, path: Path, uid: str | None) -> bool:
    """Whether a worker could find it; what has a UID was in its place, or will be, without looking there."""
    if len(path) == 1:  # what is in no container may have the root's path, too
        return IApplication.providedBy(obj)
    return path[:1] == ("",) and (uid is not None or find_path(obj, path) is not None)
