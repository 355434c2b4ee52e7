"""The life of a job: its six states, and the only ways from one to another.

One table for the code, which asks it what may be done when; for the tests, which drive jobs through it; and for the
documentation, which shows it.
"""

from __future__ import annotations

from typing import NamedTuple

from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING


class Transition(NamedTuple):
    """What may happen to a job, from which states, to which; and in whose commit that becomes visible."""

    act: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    commit: str


TRANSITIONS = (
    Transition("put", (NEW,), (PENDING,), "the caller's"),
    Transition("withdraw", (PENDING,), (NEW,), "the caller's"),
    Transition("claim", (PENDING,), (ASSIGNED,), "the claimer's, without the job's record"),
    Transition("claim and start", (PENDING,), (ACTIVE,), "the claimer's, for as many jobs as there are free threads"),
    Transition("call", (NEW, ASSIGNED), (ACTIVE,), "one of its own"),
    Transition("finish", (ACTIVE,), (COMPLETED,), "the job's: effects, result and state"),
    Transition("finish with callbacks", (ACTIVE,), (CALLBACKS,), "the job's: effects, result and state"),
    Transition("complete", (CALLBACKS,), (COMPLETED,), "one of its own, after those of the callbacks"),
    Transition("put off", (ACTIVE,), (PENDING,), "one of its own"),
    Transition("rescue", (ASSIGNED, ACTIVE), (PENDING,), "the rescuer's"),
    Transition("fail", (NEW, PENDING, ASSIGNED), (CALLBACKS, COMPLETED), "one of its own"),
    Transition("forget", (COMPLETED,), (COMPLETED,), "the caller's"),
    Transition("requeue", (COMPLETED,), (PENDING,), "the caller's"),
    Transition("cancel", (PENDING, ASSIGNED, ACTIVE), (CALLBACKS, COMPLETED), "the caller's; of a running job its own"),
)


def before(act: str) -> tuple[str, ...]:
    """The states in which an act is possible."""
    return next(transition.before for transition in TRANSITIONS if transition.act == act)


def reachable(start: str) -> set[str]:
    """The states that a job may have sometime after ``start``, which is one of them."""
    found = {start}
    while True:
        more = {state for each in TRANSITIONS if found.intersection(each.before) for state in each.after} - found
        if not more:
            return found
        found |= more
