"""What to do to a queue: read from a posted form, and carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_ import _
from plone.app.async_ import steering
from plone.app.async_.forms.filters import queue_named
from plone.app.async_.forms.orders import TITLES
from plone.app.async_.forms.parameters import number
from plone.app.async_.forms.parameters import text
from plone.app.async_.forms.parameters import wrong


if TYPE_CHECKING:
    from plone.app.async_.overview import Board


DEEDS = {
    **TITLES,
    "pause": _("action_pause", default="Pause"),
    "resume": _("action_resume", default="Resume"),
    "quota": _("action_quota", default="Change quota"),
    "setting": _("action_setting", default="Change setting"),
}
"""Titles of all that people do to jobs and queues, by its name in orders and in the history."""


def steer_queue(form: Mapping[str, Any], board: Board) -> str:
    """Do in the caller's transaction what a posted form means, and tell of it in a message.

    ``queue`` and ``action``, which is ``pause``, ``resume``, or ``quota`` with its name as ``quota`` and its ``size``.
    Raises ``WrongParameter``, ``NoSuchQueue`` and ``NotPossible``.
    """
    name, action = queue_named(text(form, "queue"), board), text(form, "action")
    if action == "pause":
        steering.pause(board, name)
        return _("queue_was_paused", default="The queue is paused: jobs that run go on, no others are started.")
    if action == "resume":
        steering.resume(board, name)
        return _("queue_was_resumed", default="The queue is no longer paused.")
    if action == "quota":
        quota, size = text(form, "quota"), number(form, "size", 0)
        steering.set_quota(board, name, quota, size)
        return _(
            "quota_was_set",
            default="The quota “${quota}” lets ${size} jobs run at a time.",
            mapping={"quota": quota, "size": size},
        )
    raise wrong("action")
