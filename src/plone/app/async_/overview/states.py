"""The states in which faces show jobs: the engine's six, but outcomes and scheduled jobs are told apart."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from plone.app.async_ import _
from zc.async_ import cancel
from zc.async_ import clock
from zc.async_ import states as engine
from zc.async_.failures import isFailure
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import JobCancelled


if TYPE_CHECKING:
    from zc.async_.job import Job


class State(str, Enum):
    """What a job is doing; the values are stable words for URLs, REST and scripts.

    ACTIVE jobs are claimed by a worker, run, perform callbacks, or wait for another job to go on. NEW ones are in no
    queue yet: later parts of a serial batch.
    """

    NEW = "new"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    __str__ = str.__str__

    @property
    def title(self) -> str:
        """The state in words, to be translated."""
        return TITLES[self]


TITLES = {
    State.NEW: _("state_new", default="Not queued yet"),
    State.WAITING: _("state_waiting", default="Waiting"),
    State.SCHEDULED: _("state_scheduled", default="Scheduled"),
    State.ACTIVE: _("state_active", default="Active"),
    State.SUCCEEDED: _("state_succeeded", default="Succeeded"),
    State.FAILED: _("state_failed", default="Failed"),
    State.CANCELLED: _("state_cancelled", default="Cancelled"),
}

ENDED = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
QUEUED = frozenset({State.WAITING, State.SCHEDULED})
LISTED = QUEUED | ENDED | {State.ACTIVE}
"""The states that jobs can be listed by."""

POSSIBLE: dict[str, frozenset[State]] = {
    "retry": frozenset({State.FAILED, State.CANCELLED}),
    "cancel": QUEUED | {State.ACTIVE},
    "delete": ENDED,
    "priority": QUEUED,
}
"""In which states an action on jobs is possible, by its name in URLs, REST and the history."""


def state_of(job: Job, now: datetime) -> State:
    """The state of a job."""
    if job.is_completed:
        if not isFailure(job.result):
            return State.SUCCEEDED
        return State.CANCELLED if job.result.check(JobCancelled) else State.FAILED
    status = job.status
    if status == PENDING:
        return State.SCHEDULED if job.not_before > clock.to_micros(now) else State.WAITING
    return State.NEW if status == NEW else State.ACTIVE


def asked_to_end(job: Job, state: State) -> str | None:
    """With what reason a job in that state was asked to end; None if it was not, or does not run any more."""
    return cancel.requested(job) if state is State.ACTIVE else None


def possible_actions(job: Job, state: State) -> tuple[str, ...]:
    """What can be done to a job in that state: nothing to a callback; what is at its callbacks cannot be cancelled."""
    if job.caller is not None:
        return ()
    actions = (action for action, states in POSSIBLE.items() if state in states)
    return tuple(each for each in actions if each != "cancel" or job.status in engine.before("cancel"))
