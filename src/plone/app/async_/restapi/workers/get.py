"""``GET @job-workers``."""

from __future__ import annotations

from typing import Any

from plone.app.async_.overview.json import to_json
from plone.app.async_.restapi.service import AsyncService
from plone.app.async_.restapi.service import not_found


class WorkersGet(AsyncService):
    """The workers, for managers of the site; ids are those of the site's jobs only."""

    def answer(self) -> dict[str, Any]:
        if self.names:
            raise not_found()
        board = self.site_board()
        return {
            "@id": f"{self.context.absolute_url()}/@job-workers",
            "items": [to_json(worker, self.request) for worker in board.workers()],
        }
