"""What old databases and settings may name; new code has better means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from twisted.python.failure import Failure


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.job import Job

Handler = Callable[[Any], Any]


def success_or_failure(success: Handler | None, failure: Handler | None, res: Any) -> Any:
    """What ``success`` or, for a Failure, ``failure`` makes of ``res``; ``res`` itself where there is none."""
    chosen = failure if isinstance(res, Failure) else success
    return res if chosen is None else chosen(res)


def chooseFirst(agent: Agent) -> Job | None:
    """A chooser that takes whatever comes first, as an agent without chooser does; None if nothing may start."""
    return None if agent.queue is None else agent.queue.claim()
