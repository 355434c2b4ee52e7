"""The user of a job: which user folder has them, and under which id."""

from __future__ import annotations

from typing import Any

from AccessControl import getSecurityManager
from AccessControl.SpecialUsers import emergency_user
from AccessControl.SpecialUsers import nobody
from AccessControl.SpecialUsers import system
from Acquisition import aq_base
from Acquisition import aq_inner
from Acquisition import aq_parent
from zExceptions import BadRequest

from plone.app.async_.interfaces import UserNotRestorable
from plone.app.async_.references import Path
from plone.app.async_.references import find_path
from plone.app.async_.references import missing


def capture() -> tuple[Path, str | None]:
    """The path of the current user's folder, and the user's id.

    Roles are not captured: the job has those that the user has when it runs, and none that were lent for the moment
    (``plone.api.env.adopt_roles``). Raises ``UserNotRestorable``.
    """
    return address_of(getSecurityManager().getUser())


def address_of(user: Any) -> tuple[Path, str | None]:
    """The path of a user's folder, and the user's id.

    Users who are in no folder have no path: the id is None for Anonymous, and the name of the system user or the
    emergency user, who stay just that. Raises ``UserNotRestorable`` for users made up on the fly.
    """
    base = aq_base(user)
    if base is nobody or user.getUserName() == nobody.getUserName():
        return (), None
    if base is system or base is emergency_user:
        return (), user.getUserName()
    folder = aq_parent(aq_inner(user))
    if user.getId() is None or folder is None:
        raise UserNotRestorable(
            f"the user {user.getUserName()!r} is in no user folder, so a worker cannot find that user; "
            "queue the job as a user of the site, for example within plone.api.env.adopt_user"
        )
    return tuple(folder.getPhysicalPath()), user.getId()


def restore(root: Any, folder_path: Path, user_id: str | None) -> Any:
    """The captured user, in the context of the user folder.

    Raises ``BadRequest`` when the folder or the user is gone, or the emergency user is another one here: the job
    must not run as anybody else.
    """
    if not folder_path:
        return _special_user(root, user_id)
    folder = find_path(root, folder_path)
    if folder is None:
        raise missing("Userfolder", folder_path)
    user = folder.getUserById(user_id)
    # Whoever is in a folder is not the emergency user, even if the names agree.
    if user is None or aq_base(user) is emergency_user:
        raise BadRequest(f"User {user_id} not found")
    return user if aq_parent(user) is not None else user.__of__(folder)


def _special_user(root: Any, name: str | None) -> Any:
    if name is None:
        return nobody.__of__(root.acl_users)  # as the publisher makes them
    for user in (system, emergency_user):
        if user.getUserName() == name:
            return user
    raise BadRequest(f"User {name} not found")
