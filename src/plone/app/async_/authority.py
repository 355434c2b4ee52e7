"""Who may see and steer what. Each function reads only, and speaks of the current user."""

from __future__ import annotations

from typing import Any

from AccessControl import getSecurityManager
from zExceptions import Forbidden
from zope.globalrequest import getRequest
from zope.i18n import translate

from plone.app.async_ import _


MANAGE = "plone.app.async: Manage job queue"
VIEW_OWN = "plone.app.async: View own jobs"

QUEUES_ARE_SHARED = _(
    "queues_only_for_root", default="All sites share the queues: only a manager of the Zope root may change them."
)

HARMLESS = frozenset(
    [
        "Accelerated HTTP Cache Manager",
        "Browser Id Manager",
        "Cookie Crumbler",
        "Page Template",
        "Plone Site",
        "Pluggable Auth Service",
        "RAM Cache Manager",
        "Script (Python)",
        "Session Data Manager",
        "Site Error Log",
        "Temporary Folder",
        "User Folder",
        "Virtual Host Monster",
    ]
)
"""Kinds of objects in the Zope root in which there can be no further site."""


def may_manage_jobs(portal: Any) -> bool:
    """Whether the user may see and steer all jobs of a site."""
    return bool(getSecurityManager().checkPermission(MANAGE, portal))


def may_view_own_jobs(portal: Any) -> bool:
    """Whether the user may see, and cancel, the jobs that they queued in a site."""
    user = getSecurityManager().getUser()
    return user.getId() is not None and bool(getSecurityManager().checkPermission(VIEW_OWN, portal))


def may_manage_all(root: Any) -> bool:
    """Whether the user may see and steer the jobs of all sites: is a manager of the Zope root, not only of a site.

    Users of a site's own user folder are nobody in the root, whatever roles the site gave them.
    """
    return bool(getSecurityManager().checkPermission(MANAGE, root))


def may_steer_queues(portal: Any) -> bool:
    """Whether the user may pause queues, and change quotas and settings, which all sites share.

    Managers of the Zope root may. Those of a site may if it is alone: if there can be no other one in the database.
    """
    root = portal.getPhysicalRoot()
    return may_manage_jobs(portal) and (may_manage_all(root) or _is_alone(portal, root))


def require_steering(portal: Any) -> None:
    """Raise ``Forbidden``, telling why, unless the user may steer the queues.

    Code that runs without a request is a script of those who run the server, and asks nobody.
    """
    request = getRequest()
    if request is not None and not may_steer_queues(portal):
        raise Forbidden(translate(QUEUES_ARE_SHARED, context=request))


def _is_alone(portal: Any, root: Any) -> bool:
    kinds = [info["meta_type"] for info in root._objects]
    is_in_root = len(portal.getPhysicalPath()) == 2
    return is_in_root and kinds.count("Plone Site") == 1 and HARMLESS.issuperset(kinds)
