"""Whose jobs may be seen and steered: those of a site, of a user in it, on a content object; or all."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_ import user as users
from plone.app.async_.environment import Environment
from plone.app.async_.function import ContentCall
from plone.app.async_.interfaces import UserNotRestorable
from plone.app.async_.job import SiteJob
from plone.app.async_.references import ContentReference
from plone.app.async_.references import Path
from plone.app.async_.references import reference_to


if TYPE_CHECKING:
    from zc.async_.job import Job


@dataclass(frozen=True)
class Scope:
    """What a job must belong to; ``None`` stands for anything. Make one with the functions below."""

    site: Path | None = None
    user: tuple[Path, str] | None = None
    content: ContentReference | None = None

    @property
    def is_everything(self) -> bool:
        """Whether there is nothing outside of it."""
        return self == EVERYTHING

    def covers(self, job: Job) -> bool:
        """Whether the job is in the scope; a callback is where its job is."""
        if self.is_everything:
            return True
        here = environment_of(job)
        if here is None or (self.site is not None and here.portal_path != self.site):
            return False
        if self.user is not None and (here.uf_path, here.user_id) != self.user:
            return False
        return self.content is None or _is_same(context_of(job), self.content)


EVERYTHING = Scope()
"""All jobs of the database, also those of no site. For the Manager of the Zope root only."""


def of_site(portal: Any) -> Scope:
    """The jobs of one Plone site."""
    return Scope(site=tuple(portal.getPhysicalPath()))


def of_current_user(portal: Any) -> Scope | None:
    """The jobs that the current user queued in a site; None for Anonymous, whose jobs are nobody's.

    None, too, for users in no user folder: they cannot queue any.
    """
    try:
        folder_path, user_id = users.capture()
    except UserNotRestorable:
        return None
    return None if user_id is None else Scope(tuple(portal.getPhysicalPath()), (folder_path, user_id))


def of_content(portal: Any, obj: Any) -> Scope:
    """The jobs of a site that work on a content object, wherever it was when they were queued."""
    return Scope(site=tuple(portal.getPhysicalPath()), content=reference_to(obj, "obj"))


def on_content(scope: Scope, obj: Any) -> Scope:
    """Those jobs of a scope that work on a content object."""
    return replace(scope, content=reference_to(obj, "obj"))


def environment_of(job: Job) -> Environment | None:
    """Where and as whom a job runs; for a callback, its job's. None for jobs of no site."""
    owner: Any = job
    while owner is not None and not isinstance(owner, SiteJob):
        owner = owner.caller
    return None if owner is None else owner.environment


def context_of(job: Job) -> ContentReference | None:
    """The content object that a job works on; None if there is none."""
    context = getattr(job, "context", None)
    if isinstance(context, ContentReference):
        return context
    call = job._callable
    return call.target if isinstance(call, ContentCall) and isinstance(call.target, ContentReference) else None


def _is_same(one: ContentReference | None, other: ContentReference) -> bool:
    if one is None:
        return False
    return one.uid == other.uid if one.uid and other.uid else one.path == other.path
