"""``GET @job-queues`` and ``GET @job-queues/NAME``."""

from __future__ import annotations

from typing import Any

from plone.app.async_ import authority
from plone.app.async_.forms.filters import queue_named
from plone.app.async_.forms.filters import queue_word
from plone.app.async_.overview.json import to_json
from plone.app.async_.overview.queues import QueueSummary
from plone.app.async_.restapi.service import AsyncService
from plone.app.async_.restapi.service import not_found


def url_of(service: AsyncService, name: str) -> str:
    """Where a queue is."""
    return f"{service.context.absolute_url()}/@job-queues/{queue_word(name)}"


def queue_json(service: AsyncService, queue: QueueSummary) -> dict[str, Any]:
    """A queue; its figures count the jobs of all sites."""
    return {"@id": url_of(service, queue.name), **to_json(queue, service.request)}


def find(service: AsyncService, board: Any) -> QueueSummary:
    """The queue that the URL names; a 404 if there is none."""
    wanted = service.names[0] if len(service.names) == 1 else None
    name = queue_named(wanted, board)
    found: QueueSummary | None = next((queue for queue in board.queues() if queue.name == name), None)
    if found is None:
        raise not_found()
    return found


class QueuesGet(AsyncService):
    """The queues, for managers of the site, and whether the user may steer them."""

    def answer(self) -> dict[str, Any]:
        board = self.site_board()
        if self.names:
            return queue_json(self, find(self, board))
        return {
            "@id": f"{self.context.absolute_url()}/@job-queues",
            "can_steer": authority.may_steer_queues(self.context),
            "items": [queue_json(self, queue) for queue in board.queues()],
        }
