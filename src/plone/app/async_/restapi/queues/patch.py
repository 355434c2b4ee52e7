"""``PATCH @job-queues/NAME``."""

from __future__ import annotations

from types import NoneType
from typing import Any

from zExceptions import Forbidden

from plone.app.async_ import _
from plone.app.async_ import authority
from plone.app.async_ import steering
from plone.app.async_.restapi.queues.get import find
from plone.app.async_.restapi.queues.get import queue_json
from plone.app.async_.restapi.service import ApiError
from plone.app.async_.restapi.service import AsyncService
from plone.app.async_.restapi.service import bad_request


NAMES = {"is_paused", "quotas"}


class QueuesPatch(AsyncService):
    """Pauses or resumes a queue, and changes quotas: ``{"is_paused": true, "quotas": {"default": 4}}``."""

    def answer(self) -> dict[str, Any]:
        board = self.site_board()
        if not authority.may_steer_queues(self.context):
            raise ApiError(403, Forbidden.__name__, authority.QUEUES_ARE_SHARED)
        sent = self.body()
        name = find(self, board).name
        is_paused, quotas = sent.get("is_paused"), sent.get("quotas", {})
        if not isinstance(quotas, dict) or not isinstance(is_paused, (bool, NoneType)) or set(sent) - NAMES:
            raise bad_request(_("rest_bad_queue", default="“is_paused” is true or false, “quotas” an object."))
        for quota, size in quotas.items():
            steering.set_quota(board, name, quota, size)
        if is_paused is not None:
            act = steering.pause if is_paused else steering.resume
            act(board, name)
        return queue_json(self, find(self, board))
