"""Users as data: the path of the user folder and the id, found again in the worker."""

from __future__ import annotations

from typing import Any
from typing import NamedTuple

from AccessControl.users import BasicUser
from Acquisition import aq_base
from Acquisition import aq_inner
from Acquisition import aq_parent
from Products.CMFCore.interfaces import IMember
from Products.CMFCore.utils import getToolByName
from zope.component.hooks import getSite

from plone.app.async_ import user as users
from plone.app.async_.interfaces import UserNotRestorable
from plone.app.async_.references import Path


class UserReference(NamedTuple):
    """Stands for a user, or a member of the site, in the arguments of a job."""

    folder_path: Path
    user_id: str | None
    is_member: bool = False

    def find(self) -> Any:
        """The user, or the member, in the current site's request; ``BadRequest`` when user or folder are gone."""
        site = getSite()
        user = users.restore(site.getPhysicalRoot(), self.folder_path, self.user_id)
        return getToolByName(site, "portal_membership").wrapUser(user, wrap_anon=1) if self.is_member else user

    def __repr__(self) -> str:
        return f"<user {self.user_id}>"


def is_user(obj: Any) -> bool:
    """Whether it is a user of a user folder, a special user, or a member as ``plone.api`` gives it."""
    return isinstance(aq_base(obj), BasicUser) or IMember.providedBy(obj)


def user_reference_to(obj: Any) -> UserReference:
    """A reference to a user; ``UserNotRestorable`` if a worker could not find that user, as it is with groups."""
    is_member = IMember.providedBy(obj)
    user = obj.getUser() if is_member else obj
    path, user_id = users.address_of(user)
    if path and aq_parent(aq_inner(user)).getUserById(user_id) is None:
        raise UserNotRestorable(f"the user folder {'/'.join(path)} gives no user {user_id!r}")
    return UserReference(path, user_id, is_member)
