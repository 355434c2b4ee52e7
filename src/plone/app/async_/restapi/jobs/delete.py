"""``DELETE @jobs/ID``."""

from __future__ import annotations

from typing import Any

from plone.app.async_ import steering
from plone.app.async_.restapi.service import AsyncService
from plone.app.async_.restapi.service import not_found


class JobsDelete(AsyncService):
    """Forgets a job that has ended. For managers of the site."""

    def answer(self) -> Any:
        board = self.site_board()
        self.body()
        if len(self.names) != 1:
            raise not_found()
        steering.act(board, "delete", self.names[0])
        return self.reply_no_content()
