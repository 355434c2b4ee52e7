"""The filters of the tools: which jobs are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from uuid import UUID

from zc.async_ import instanceuuid
from zc.async_.monitor.intervals import Period
from zc.async_.monitor.intervals import parse_period
from zc.async_.monitordb.states import AT_WORK


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.job import Job
    from zc.async_.queue import Queue

IMPOSSIBLE = {
    "active_start": frozenset({"pending"}),
    "active_end": frozenset({"pending"}) | (AT_WORK - {"callbacks"}),
    "initial_callbacks_end": frozenset({"pending"}) | AT_WORK,
}
"""The states in which a job cannot have that time."""


class Filters:
    """What a job must fulfil to be wanted, all of it. Intervals count from the moment when this is made.

    ``ValueError`` for a value without a meaning, ``TypeError`` for a filter that there is not.
    """

    def __init__(
        self,
        callable: str | None = None,
        queue: str | None = None,
        agent: str | None = None,
        uuid: str | None = None,
        requested_start: str | None = None,
        start: str | None = None,
        end: str | None = None,
        callbacks_completed: str | None = None,
    ) -> None:
        self._callable = callable
        self._queue = queue
        self._agent = agent
        self._uuid = None if uuid is None else parse_uuid(uuid)
        periods = {
            "begin_after": requested_start,
            "active_start": start,
            "active_end": end,
            "initial_callbacks_end": callbacks_completed,
        }
        self._periods = {name: parse_period(text) for name, text in periods.items() if text is not None}

    @property
    def names_agents(self) -> bool:
        """Whether only jobs of certain agents are wanted."""
        return self._agent is not None or self._uuid is not None

    @property
    def looks_at_jobs(self) -> bool:
        """Whether a job itself, and not only where it is, decides."""
        return self._callable is not None or bool(self._periods)

    @property
    def oldest_end(self) -> datetime | None:
        """All wanted jobs that have ended did so later; None if that is not known."""
        limits = [self._periods[name].since for name in ("active_start", "active_end") if name in self._periods]
        return max((limit for limit in limits if limit is not None), default=None)

    def possible(self, states: frozenset[str]) -> frozenset[str]:
        """Those of the states in which a job may be wanted."""
        return states.difference(*(IMPOSSIBLE.get(name, ()) for name in self._periods))

    def queues(self, queues: Iterable[Queue]) -> list[Queue]:
        """Those of the queues whose jobs are wanted."""
        return [queue for queue in queues if matches(queue.name or "", self._queue)]

    def agents(self, queue: Queue) -> list[Agent]:
        """The agents of a queue whose jobs are wanted, those of dispatchers that have ended among them."""
        return [
            agent
            for uuid, record in queue.dispatchers.items()
            if matches(str(uuid), self._uuid)
            for name, agent in record.items()
            if matches(name, self._agent)
        ]

    def matches(self, job: Job) -> bool:
        """Whether the job itself is as wanted; where it is is not looked at."""
        return self._matches_callable(job) and all(self._is_in_time(job, name) for name in self._periods)

    def _matches_callable(self, job: Job) -> bool:
        if self._callable is None:
            return True
        name = job.function_name
        return fnmatchcase(name if "." in self._callable else name.rpartition(".")[2], self._callable)

    def _is_in_time(self, job: Job, name: str) -> bool:
        period: Period = self._periods[name]
        return getattr(job, name) in period


def matches(name: str, pattern: str | None) -> bool:
    """Whether a name fulfils a pattern with ``*``, ``?`` or ``[]``; None lets all pass."""
    return pattern is None or fnmatchcase(name, pattern)


def parse_uuid(text: str) -> str:
    """A pattern for the UUID of a dispatcher: THIS is the process's own. ``ValueError`` for what can be none."""
    if text == "THIS":
        return str(instanceuuid.current())
    if set("*?[").intersection(text):
        return text.lower()
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(f"uuid must be a UUID, a pattern such as 1f*, or THIS, not {text!r}") from None
