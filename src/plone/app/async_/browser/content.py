"""Links to content that a job names, for those who may view it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from urllib.parse import urlsplit

from AccessControl import getSecurityManager
from persistent import Persistent
from zExceptions import BadRequest

from plone.app.async_.overview.scope import context_of
from plone.app.async_.overview.surroundings import surroundings_of
from plone.app.async_.references import ContentReference
from plone.app.async_.references import Path
from plone.app.async_.references import uid_of
from zc.async_.job import Job


LONGEST_ADDRESS = 2000


@dataclass(frozen=True)
class ContentLink:
    """Where a content object is, and its title, which is anybody's text."""

    url: str
    title: str


def link_to_context(job: Job) -> ContentLink | None:
    """A link to what a job works on, wherever that is now; None if it is gone, or the user may not view it."""
    context = context_of(job)
    return None if context is None else _link(context)


def link_to_result(portal: Any, job: Job) -> ContentLink | None:
    """A link to the content that a job returned: the object, its path or URL, or a mapping with it under ``url``.

    None for other results, and for content that is not there, in another site, or not for the user to view.
    """
    result = job.result if job.is_completed else None
    if isinstance(result, Persistent):
        uid = uid_of(result)
        return None if uid is None else _link(ContentReference((), uid))
    if type(result) is dict:
        result = result.get("url")
    if type(result) is not str or len(result) > LONGEST_ADDRESS:
        return None
    path = _path_of(result, portal, job)
    return None if path is None else _link(ContentReference(path))


def _path_of(text: str, portal: Any, job: Job) -> Path | None:
    site = portal.getPhysicalPath()
    if text.startswith("/"):
        path = tuple(text.rstrip("/").split("/"))
        return path if path[: len(site)] == site else None
    surroundings = surroundings_of(job)
    try:
        address = urlsplit(text)._replace(query="", fragment="").geturl().rstrip("/")
    except ValueError:  # any text may have been returned
        return None
    for base in (portal.absolute_url(), "" if surroundings is None else surroundings.address):
        if base and f"{address}/".startswith(f"{base}/"):
            below = [unquote(name) for name in address[len(base) :].split("/") if name]
            return (*site, *below)
    return None


def _link(reference: ContentReference) -> ContentLink | None:
    try:
        found = reference.find("Content")
    except BadRequest:
        return None
    if not getSecurityManager().checkPermission("View", found):
        return None
    title = getattr(found, "title_or_id", None)
    return ContentLink(found.absolute_url(), str(title() if callable(title) else found.getId()))
