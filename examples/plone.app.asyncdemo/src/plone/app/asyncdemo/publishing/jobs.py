"""Change the workflow state of a tree: what runs in the worker."""

from __future__ import annotations

import time
from typing import Any

import transaction
from plone import api
from plone.api.exc import InvalidParameterError

from plone.app.async_ import progress
from plone.app.async_.decorators import job
from zc.async_.retry import CONFLICT
from zc.async_.retry import DISCONNECTED
from zc.async_.retry import RetryCommonFourTimes


COMMIT_EVERY = 20
"""Few items, so that a commit is short and seldom meets an editor's change; not one, so that it goes fast."""

MOST_PATHS = 100
"""Of refused items that the result names."""


class ManyConflicts(RetryCommonFourTimes):
    """A hundred attempts after conflicts."""

    internal_exceptions = transaction_exceptions = (DISCONNECTED, CONFLICT._replace(attempts=100))


@job(quota_names=(), retry=ManyConflicts)
def change_tree(folder: Any, transition: str, comment: str = "", pause: float = 0.0) -> dict[str, Any]:
    """Do the transition on the folder and on all in it that the user finds, wherever the user may.

    Commits every few items, then rests ``pause`` seconds: a job that is cancelled, or whose worker dies, has done
    what it has done. An attempt after that, or after a conflict with an editor's change, begins anew and leaves
    alone what is in its new state. The figures are those of the last attempt.
    """
    figures = {"changed": 0, "unchanged": 0, "refused": 0}
    refused_paths: list[str] = []
    # Not the brains: they would all stay in memory.
    uids = [brain.UID for brain in api.content.find(context=folder)]
    for start in range(0, len(uids), COMMIT_EVERY):
        batch = uids[start : start + COMMIT_EVERY]
        for uid in batch:
            item = api.content.get(UID=uid)
            if item is None:  # it was deleted meanwhile
                continue
            outcome = change(item, transition, comment)
            figures[outcome] += 1
            if outcome == "refused" and len(refused_paths) < MOST_PATHS:
                refused_paths.append("/".join(item.getPhysicalPath()))
        transaction.commit()  # which also lets go of what the connection's cache has no room for
        progress(start + len(batch), len(uids), f"{figures['changed']} changed")
        time.sleep(pause)
    return {**figures, "refused_paths": refused_paths}


def change(item: Any, transition: str, comment: str) -> str:
    """Do the transition, if that is called for and the user may; which of the figures it adds to."""
    wanted = new_states(item, transition)
    if not wanted or api.content.get_state(item) in wanted:
        return "unchanged"
    try:
        api.content.transition(item, transition=transition, comment=comment)
    except InvalidParameterError:
        return "refused"
    return "changed"


def new_states(item: Any, transition: str) -> set[str]:
    """The states that the transition leads to in the workflows of the item; none if these do not know it."""
    workflows = api.portal.get_tool("portal_workflow").getWorkflowsFor(item)
    known = [workflow.transitions[transition] for workflow in workflows if transition in workflow.transitions]
    return {definition.new_state_id for definition in known if definition.new_state_id}
