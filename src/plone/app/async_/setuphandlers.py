"""What Plone asks about our profiles."""

from __future__ import annotations

from plone.base.interfaces import INonInstallable
from zope.interface import implementer


@implementer(INonInstallable)
class HiddenProfiles:
    """Keeps what nobody installs by hand out of the lists of add-ons and of profiles for new sites."""

    def getNonInstallableProfiles(self) -> list[str]:
        return ["plone.app.async:uninstall"]
