"""``POST @jobs/ID/ACTION``, and ``POST @jobs/ACTION`` for all jobs that match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plone.app.async_ import _
from plone.app.async_ import steering
from plone.app.async_.forms import filters
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.forms.parameters import text
from plone.app.async_.forms.parameters import wrong
from plone.app.async_.restapi.jobs.serialize import details_json
from plone.app.async_.restapi.service import AsyncService
from plone.app.async_.restapi.service import not_found


ACTIONS = ("retry", "cancel", "priority")
BULK_ACTIONS = (*ACTIONS, "delete")
ARGUMENTS = {"cancel": "reason", "priority": "priority"}


class JobsPost(AsyncService):
    """Steers jobs. Managers of the site do; other users may cancel their own jobs, one by one."""

    def answer(self) -> dict[str, Any]:
        sent = self.body()
        if len(self.names) == 1 and self.names[0] in BULK_ACTIONS:
            return self._act_on_all(self.names[0], sent)
        if len(self.names) != 2 or self.names[1] not in ACTIONS:
            raise not_found()
        job_id, action = self.names
        board = self.board() if action == "cancel" else self.site_board()
        steering.act(board, action, job_id, *_arguments(action, sent))
        return details_json(self, self._now(board, job_id))

    def _now(self, board: Any, job_id: str) -> Any:
        return type(board)(self.context, board.scope).job(job_id)

    def _act_on_all(self, action: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        board = self.site_board()
        _require_choice(action, sent)
        done = steering.act_on_all(board, action, filters.query_of(sent, board), *_arguments(action, sent))
        return {"done": done.done, "refused": done.refused, "more": done.more}


def _require_choice(action: str, sent: Mapping[str, Any]) -> None:
    """Raise ``WrongParameter`` for names that mean nothing, and unless a filter is named, or all are meant."""
    for name in sent:
        if name not in (*filters.NAMES, "all", ARGUMENTS.get(action)):
            raise wrong(name)
    if sent.get("all", True) is not True:
        raise wrong("all")
    if not (filters.is_filter(sent) or "all" in sent):
        raise WrongParameter(_("rest_which_jobs", default="Name a filter, or send “all” as true."))


def _arguments(action: str, sent: Mapping[str, Any]) -> list[Any]:
    if action == "cancel":
        return [text(sent, "reason")]
    return [sent.get("priority")] if action == "priority" else []
