"""Acts on jobs, one at a time, within a board's scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_ import _
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.query import NO_SITE
from plone.app.async_.overview.query import site_of
from plone.app.async_.overview.states import possible_actions
from plone.app.async_.overview.states import state_of
from plone.app.async_.steering.deeds import current_user
from plone.app.async_.steering.deeds import record
from plone.app.async_.steering.errors import NoSuchJob
from plone.app.async_.steering.errors import NotPossible
from zc.async_ import cancel as cancelling
from zc.async_ import clock
from zc.async_ import timeline
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import AsyncError
from zc.async_.interfaces import UnknownQuota


if TYPE_CHECKING:
    from plone.app.async_.overview import Board
    from zc.async_.job import Job

LONGEST_REASON = 500
HIGHEST_PRIORITY = 1000


def retry(job: Job) -> None:
    """Queue a failed or cancelled job again; it keeps its id."""
    _require(job, "retry")
    _engine(job.requeue, f"by {current_user()}")


def cancel(job: Job, reason: str = "") -> bool:
    """End a waiting job; False for one that runs: it is asked to end."""
    _require(job, "cancel")
    if cancelling.requested(job) is not None:
        raise NotPossible(_("already_asked", default="The job has been asked to end already."))
    reason, by = reason.strip()[:LONGEST_REASON], f"by {current_user()}"
    return bool(_engine(job.cancel, f"{by}: {reason}" if reason else by))


def delete(job: Job) -> None:
    """Forget a job that has ended."""
    _require(job, "delete")
    _engine(job.forget)


def set_priority(job: Job, priority: int) -> None:
    """Let a waiting job overtake those with a lower priority and the same quotas."""
    require_priority(priority)
    _require(job, "priority")
    job.priority = priority
    job.note(timeline.CHANGED, f"priority {priority}, by {current_user()}")


def require_priority(priority: Any) -> None:
    """Raise ``NotPossible`` unless it is one."""
    if isinstance(priority, bool) or not isinstance(priority, int) or abs(priority) > HIGHEST_PRIORITY:
        raise NotPossible(
            _(
                "bad_priority",
                default="A priority is a whole number between -${most} and ${most}.",
                mapping={"most": HIGHEST_PRIORITY},
            )
        )


ACTIONS: dict[str, Callable[..., Any]] = {
    "retry": retry,
    "cancel": cancel,
    "delete": delete,
    "priority": set_priority,
}
"""What can be done to a job, by the name in URLs, REST and the history; see ``states.POSSIBLE``."""


def act(board: Board, action: str, job_id: Any, *args: Any) -> Any:
    """Do something to one job, and record it.

    Raises ``NoSuchJob`` for ids that are none of the board's scope, and ``NotPossible`` if the job's state does not
    allow it; then nothing has changed.
    """
    job = board.find(job_id)
    if job is None:
        raise NoSuchJob
    queue = job.queue
    done = ACTIONS[action](job, *args)
    if queue is not None:
        record(queue, action, id_of(job), site_of(job) or NO_SITE, *map(str, args))
    return done


def _require(job: Job, action: str) -> None:
    if job.caller is not None:
        raise NotPossible(_("callback_is_its_jobs", default="A callback goes with its job: steer that one."))
    state = state_of(job, clock.now())
    if action not in possible_actions(job, state):
        raise NotPossible(
            _(
                "not_possible_in_state",
                default="This cannot be done to a job in the state “${state}”.",
                mapping={"state": CALLBACKS if job.status == CALLBACKS else state.title},
            )
        )


def _engine(act: Callable[..., Any], *args: Any) -> Any:
    try:
        return act(*args)
    except UnknownQuota as error:
        raise NotPossible(_("no_such_quota", default="There is no such quota.")) from error
    except (AsyncError, LookupError) as error:
        raise NotPossible(str(error)) from error
