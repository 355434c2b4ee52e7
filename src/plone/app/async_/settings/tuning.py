"""The settings as the queues have them. What is set in one site holds for all; who saves last, wins.

Saving a setting changes the queues in the same transaction; running workers see that at once. Who may not steer the
queues cannot save it, by whatever way. Nothing else writes here: neither installing the profile nor the start of a
worker, so what was changed by other means stays.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_ import authority
from plone.app.async_.environment import current_portal
from plone.app.async_.queues import DEFAULT_QUEUE
from plone.app.async_.queues import DEFAULT_QUOTA
from plone.app.async_.queues import open_queues
from plone.app.async_.settings.schema import IJobQueueSettings
from plone.app.async_.steering import deeds
from plone.app.async_.subscribers import set_quota


if TYPE_CHECKING:
    from plone.registry.interfaces import IRecordModifiedEvent

    from zc.async_.queue import Queues

QUOTA_SIZE = "default_quota_size"

SECOND = timedelta(seconds=1)

ATTRIBUTES: dict[str, tuple[str, Any]] = {
    "keep_completed_days": ("keep_completed_for", timedelta(days=1)),
    "keep_completed_jobs": ("keep_completed", 1),
    "poll_interval": ("poll_interval", SECOND),
    "ping_interval": ("ping_interval", SECOND),
    "ping_death_interval": ("ping_death_interval", SECOND),
    "grace": ("grace", SECOND),
}
"""Of each setting but the size of the quota, the attribute of the queues' container and its unit."""


def read(queues: Queues | None, name: str) -> int:
    """The value of a setting that holds now, whoever set it; between the units, the lower one."""
    field = IJobQueueSettings[name]
    value = None if queues is None else _stored(queues, name)
    return field.default if value is None else max(value, field.min)


def _stored(queues: Queues, name: str) -> int | None:
    if name == QUOTA_SIZE:
        quotas = queues[DEFAULT_QUEUE].quotas if DEFAULT_QUEUE in queues else {}
        return quotas[DEFAULT_QUOTA].size if DEFAULT_QUOTA in quotas else None
    attribute, unit = ATTRIBUTES[name]
    value = getattr(queues, attribute)
    return None if value is None else value // unit


def holds(queues: Queues, name: str, value: int) -> bool:
    """Whether that very value was set already, here or by other means."""
    if name == QUOTA_SIZE:
        return _stored(queues, name) == value
    attribute, unit = ATTRIBUTES[name]
    return getattr(queues, attribute) == value * unit


def write(queues: Queues, name: str, value: int) -> None:
    """Let a setting hold. The caller commits."""
    if name == QUOTA_SIZE:
        set_quota(queues[DEFAULT_QUEUE], DEFAULT_QUOTA, value)
    else:
        attribute, unit = ATTRIBUTES[name]
        setattr(queues, attribute, value * unit)


def setting_saved(records: Any, event: IRecordModifiedEvent) -> None:
    """Let a setting that was saved in a site's registry hold for the queues, and record who did that.

    Raises ``Forbidden`` if it would change something that the user must not change.
    """
    portal = current_portal()
    name, value = event.record.fieldName, event.newValue
    queues = open_queues(portal.getPhysicalRoot()._p_jar)
    if not holds(queues, name, value):
        authority.require_steering(portal)
        write(queues, name, value)
        deeds.record(queues[DEFAULT_QUEUE], "setting", details=f"{name}: {value}")
