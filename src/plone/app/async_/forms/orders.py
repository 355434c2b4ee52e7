"""What to do, and to which jobs: read from a posted form, and carried out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_ import _
from plone.app.async_ import steering
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.forms.parameters import text
from plone.app.async_.forms.parameters import wrong
from plone.app.async_.overview import Query
from plone.app.async_.overview.counts import Count
from plone.app.async_.overview.states import POSSIBLE
from plone.app.async_.steering.bulk import MOST
from plone.app.async_.steering.jobs import require_priority


if TYPE_CHECKING:
    from plone.app.async_.overview import Board

TITLES = {
    "retry": _("action_retry", default="Retry"),
    "cancel": _("action_cancel", default="Cancel"),
    "delete": _("action_delete", default="Delete"),
    "priority": _("action_priority", default="Change priority"),
}

ASKED = _("outcome_asked", default="The job was asked to end; it ends when it next looks.")

IS_NUMBER = re.compile("[+-]?[0-9]{1,9}").fullmatch


@dataclass(frozen=True)
class Order:
    """An action on the jobs with some ids, or, if ``ids`` is None, on all that match a filter.

    ``must_ask`` if the person has not been asked yet: what cannot be undone is confirmed, and a cancelled job gets a
    reason, a changed priority a number.
    """

    action: str
    ids: tuple[str, ...] | None
    arguments: tuple[Any, ...] = ()
    must_ask: bool = False

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The form fields that mean the same, without its arguments."""
        jobs = [("all", "1")] if self.ids is None else [("ids", job_id) for job_id in self.ids]
        return [("action", self.action), *jobs]

    def count(self, board: Board, query: Query) -> Count:
        """How many jobs it concerns, as things are."""
        if self.ids is not None:
            return Count(len(self.ids))
        query = replace(query, states=query.states & POSSIBLE[self.action], sort="")
        found = board.search().page(query, size=MOST)
        return Count(min(found.total, MOST), found.is_exact and found.total <= MOST)

    def carry_out(self, board: Board, query: Query) -> steering.Done:
        """Do it, in the caller's transaction. For a single job the error is raised: ``NoSuchJob``, ``NotPossible``."""
        if self.ids is None:
            return steering.act_on_all(board, self.action, query, *self.arguments)
        if len(self.ids) == 1:
            is_ended = steering.act(board, self.action, self.ids[0], *self.arguments)
            return steering.Done(1, 0, False, is_asked=self.action == "cancel" and not is_ended)
        done = sum(self._succeeds(board, job_id) for job_id in self.ids)
        return steering.Done(done, len(self.ids) - done, False)

    def _succeeds(self, board: Board, job_id: str) -> bool:
        try:
            steering.act(board, self.action, job_id, *self.arguments)
        except (steering.NoSuchJob, steering.NotPossible):
            return False
        return True


def read_order(form: Mapping[str, Any]) -> Order:
    """The order that a posted form means. Raises ``WrongParameter``, and ``NotPossible`` for what is no priority.

    ``action`` with ``ids`` or ``all=1``, or ``one``, an action and an id as in ``retry/123``; ``reason``,
    ``priority``; and ``confirmed`` by those who have asked.
    """
    one, _slash, job_id = text(form, "one").partition("/")
    action = one or text(form, "action")
    if action not in TITLES:
        raise wrong("action")
    ids = (job_id,) if one else None if text(form, "all") else _ids(form)
    if text(form, "confirmed"):
        return Order(action, ids, _arguments(action, form))
    is_one = ids is not None and len(ids) == 1
    lacks = (action == "cancel" and "reason" not in form) or (action == "priority" and not text(form, "priority"))
    must_ask = lacks or action == "delete" or (action == "cancel" and not is_one)
    return Order(action, ids, () if lacks else _arguments(action, form), must_ask)


def outcome(done: steering.Done) -> str:
    """What became of an order, as a message."""
    numbers = {"done": done.done, "refused": done.refused}
    if done.more:
        return _(
            "outcome_more",
            default="Jobs changed: ${done}; not possible: ${refused}. There are more: do it again.",
            mapping=numbers,
        )
    if done.refused or not done.done:
        return _("outcome_refused", default="Jobs changed: ${done}; not possible: ${refused}.", mapping=numbers)
    if done.is_asked:
        return ASKED
    if done.done == 1:
        return _("outcome_one", default="Done.")
    return _("outcome_all", default="Done for ${done} jobs.", mapping=numbers)


def _ids(form: Mapping[str, Any]) -> tuple[str, ...]:
    given = form.get("ids", [])
    ids = [given] if isinstance(given, str) else given
    if not isinstance(ids, (list, tuple)) or not all(isinstance(job_id, str) for job_id in ids):
        raise wrong("ids")
    if not ids:
        raise WrongParameter(_("no_jobs_chosen", default="Choose at least one job."))
    if len(ids) > MOST:
        raise WrongParameter(_("too_many_jobs", default="Choose ${most} jobs at most.", mapping={"most": MOST}))
    return tuple(dict.fromkeys(ids))


def _arguments(action: str, form: Mapping[str, Any]) -> tuple[Any, ...]:
    if action == "cancel":
        return (text(form, "reason"),)
    if action != "priority":
        return ()
    given = text(form, "priority").strip()
    priority = int(given) if IS_NUMBER(given) else None
    require_priority(priority)
    return (priority,)
