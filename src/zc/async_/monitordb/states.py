"""The states of jobs as operators call them."""

from __future__ import annotations

from collections.abc import Sequence

from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING


NAMES = {
    NEW: "new",
    PENDING: "pending",
    ASSIGNED: "assigned",
    ACTIVE: "active",
    CALLBACKS: "callbacks",
    COMPLETED: "completed",
}
"""What to call each state of the engine."""

AT_WORK = frozenset({"assigned", "active", "callbacks"})
"""The states of jobs in the hands of agents."""

ENDED = frozenset({"completed", "succeeded", "failed"})
"""The words for completed jobs: all, or those with one outcome."""

WORDS = frozenset({"pending"}) | AT_WORK | ENDED


def parse_states(words: Sequence[str]) -> frozenset[str]:
    """The states that somebody asks for; ``ValueError`` for none, for unknown ones, and for several of ``ENDED``."""
    if not words:
        raise ValueError(f"provide at least one state: {_listed(WORDS)}")
    unknown = set(words) - WORDS
    if unknown:
        raise ValueError(f"unknown state {_listed(unknown)}; the states are {_listed(WORDS)}")
    if len(ENDED.intersection(words)) > 1:
        raise ValueError('can only include zero or one of "completed", "succeeded," or "failed" states.')
    return frozenset(words)


def _listed(words: set[str] | frozenset[str]) -> str:
    return ", ".join(f'"{word}"' for word in sorted(words))
