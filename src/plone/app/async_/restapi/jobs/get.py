"""``GET @jobs`` and ``GET @jobs/ID``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from plone.restapi.batching import HypermediaBatch

from plone.app.async_.forms.filters import query_of
from plone.app.async_.forms.parameters import LARGEST_PAGE
from plone.app.async_.forms.parameters import number
from plone.app.async_.overview.listing import Page
from plone.app.async_.restapi.jobs.serialize import details_json
from plone.app.async_.restapi.jobs.serialize import summary_json
from plone.app.async_.restapi.jobs.serialize import url_of
from plone.app.async_.restapi.service import AsyncService
from plone.app.async_.restapi.service import not_found


DEFAULT_SIZE = 25
FLAGS = ("1", "true", "True")


class Matches:
    """As many as there are known to be; what a batch asks of a sequence to make its links."""

    def __init__(self, page: Page) -> None:
        self._total = page.total

    def __len__(self) -> int:
        return self._total


class JobsGet(AsyncService):
    """A list of jobs, or one job. Managers of the site see all its jobs, other users their own."""

    def answer(self) -> dict[str, Any]:
        if len(self.names) > 1:
            raise not_found()
        board = self.board(only_own=self.request.form.get("mine") in FLAGS)
        if not self.names:
            return self._list(board)
        job = board.job(self.names[0])
        if job is None:
            raise not_found()
        return details_json(self, job)

    def _list(self, board: Any) -> dict[str, Any]:
        form = self.request.form
        query = query_of(form, board)
        start = number(form, "b_start", 0)
        size = number(form, "b_size", DEFAULT_SIZE, least=1, most=LARGEST_PAGE)
        page = board.jobs(query, start, size, number(form, "offset", 0))
        form.update(b_start=start, b_size=size)
        answer = {
            "@id": f"{self.context.absolute_url()}/@jobs",
            "items": [summary_json(self, job) for job in page.jobs],
            "items_total": page.total,
            "items_total_is_exact": page.is_exact,
        }
        links = HypermediaBatch(self.request, Matches(page)).links
        if links:
            if not page.is_exact:
                del links["last"]  # nobody has been there
            answer["batching"] = links
        if page.more is not None:
            answer["further"] = self._further(page.more)
        return answer

    def _further(self, offset: int) -> str:
        form = self.request.form
        kept = {name: value for name, value in form.items() if name not in ("offset", "b_start")}
        return f"{url_of(self, '').rstrip('/')}?{urlencode({**kept, 'offset': offset}, doseq=True)}"
