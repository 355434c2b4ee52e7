"""The form with the settings of the queues."""

from __future__ import annotations

from typing import Any

from plone.app.registry.browser.controlpanel import ControlPanelFormWrapper
from plone.app.registry.browser.controlpanel import RegistryEditForm
from plone.protect import CheckAuthenticator
from plone.registry.interfaces import IRegistry
from plone.z3cform import layout
from z3c.form.interfaces import DISPLAY_MODE
from zope.component import getUtility
from zope.interface import implementer

from plone.app.async_ import _
from plone.app.async_ import authority
from plone.app.async_.queues import existing_queues
from plone.app.async_.settings import tuning
from plone.app.async_.settings.schema import PREFIX
from plone.app.async_.settings.schema import IJobQueueSettings


@implementer(IJobQueueSettings)
class Settings:
    """The settings that hold now, whichever site they were saved in; what is assigned is saved in this one."""

    def __init__(self, portal: Any) -> None:
        vars(self).update(portal=portal)

    def __getattr__(self, name: str) -> int:
        if name not in IJobQueueSettings:
            raise AttributeError(name)
        return tuning.read(existing_queues(self.portal._p_jar), name)

    def __setattr__(self, name: str, value: int) -> None:
        getUtility(IRegistry)[f"{PREFIX}.{name}"] = value


class SettingsForm(RegistryEditForm):
    """Shows what holds and saves what was changed, against an authenticator, if the user may steer the queues."""

    schema = IJobQueueSettings
    schema_prefix = PREFIX
    label = _("heading_settings", default="Job queue settings")
    description = _(
        "description_settings",
        default="These settings hold for all sites and workers of the database, at once.",
    )

    def getContent(self) -> Settings:
        return Settings(self.context)

    def update(self) -> None:
        if not authority.may_steer_queues(self.context):
            self.mode = DISPLAY_MODE
            self.status = authority.QUEUES_ARE_SHARED
        super().update()

    def updateActions(self) -> None:
        super().updateActions()
        if self.mode == DISPLAY_MODE:
            del self.actions["save"]

    def applyChanges(self, data: dict[str, Any]) -> Any:
        CheckAuthenticator(self.request)
        return super().applyChanges(data)


SettingsView = layout.wrap_form(SettingsForm, ControlPanelFormWrapper)
