"""The figures at the top of the control panel."""

from __future__ import annotations

from dataclasses import dataclass

from plone.app.async_ import _
from plone.app.async_.overview.counts import Count
from plone.app.async_.overview.states import ENDED
from plone.app.async_.overview.states import State


SHOWN = (State.WAITING, State.SCHEDULED, State.ACTIVE, State.FAILED, State.SUCCEEDED)

WITHIN_A_DAY = _("figure_within_a_day", default="in 24 hours")


@dataclass(frozen=True)
class Figure:
    """How many jobs are in a state; ``note`` says since when, if it does not mean now; ``address`` lists them."""

    state: State
    count: Count
    note: str
    address: str

    @property
    def is_alarming(self) -> bool:
        """Whether somebody should look."""
        return self.state is State.FAILED and self.count.number > 0


def figures_of(counts: dict[State, Count], view: str) -> list[Figure]:
    """The figures, each with the address of the list it counts."""
    return [
        Figure(state, counts[state], WITHIN_A_DAY if state in ENDED else "", f"{view}?state={state}#jobs")
        for state in SHOWN
    ]
