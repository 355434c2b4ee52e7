"""Names of users for people to read."""

from __future__ import annotations

from typing import Any

from Products.CMFCore.utils import getToolByName

from plone.app.async_.environment import Environment
from plone.app.async_.references import find_path


class People:
    """Looks each user up once; lives within one request. ``root`` is the Zope application, or None: then ids do."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._names: dict[tuple[Any, Any], str] = {}

    def name(self, here: Environment | None) -> str:
        """The full name of the user of an environment, else the id; empty for Anonymous and for no environment.

        It is whatever the users call themselves: faces escape it.
        """
        if here is None or here.user_id is None:
            return ""
        key = here.portal_path, here.user_id
        if key not in self._names:
            self._names[key] = self._look_up(here) or here.user_id
        return self._names[key]

    def _look_up(self, here: Environment) -> str:
        portal = None if self._root is None else find_path(self._root, here.portal_path)
        membership = None if portal is None else getToolByName(portal, "portal_membership", None)
        member = None if membership is None else membership.getMemberById(here.user_id)
        return "" if member is None else str(member.getProperty("fullname", "") or "")
