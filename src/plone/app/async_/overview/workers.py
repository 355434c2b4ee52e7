"""Workers as data: who they are, whether they live, what they do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.scope import Scope


if TYPE_CHECKING:
    from zc.async_.processinfo import ProcessInfo
    from zc.async_.queue import Queue


@dataclass(frozen=True)
class AgentSummary:
    """An agent; ``jobs`` are the ids of its jobs in the scope, ``active`` counts all of them."""

    queue: str
    name: str
    size: int
    active: int
    jobs: tuple[str, ...]


@dataclass(frozen=True)
class ProcessSummary:
    """A process that works, or did; ``version`` is the package's, ``started`` by the clock of its host."""

    host: str
    pid: int
    started: datetime
    version: str


@dataclass(frozen=True)
class WorkerSummary:
    """A dispatcher in all its queues. ``is_alive`` if it is activated and gave a sign of life in time.

    ``process`` is the last one that was it. ``ousted`` is another that is told to be it as well, and runs on idle; both
    are None where nothing is known.
    """

    uuid: str
    is_alive: bool
    activated: datetime | None
    last_ping: datetime | None
    process: ProcessSummary | None
    ousted: ProcessSummary | None
    agents: tuple[AgentSummary, ...]


def summarize_workers(queues: list[Queue], scope: Scope) -> list[WorkerSummary]:
    """Describe all workers that the queues know of, those alive first."""
    records: dict[str, list[tuple[Queue, Any]]] = {}
    for queue in queues:
        for uuid, record in queue.dispatchers.items():
            records.setdefault(str(uuid), []).append((queue, record))
    workers = [_summarize(uuid, entries, scope) for uuid, entries in records.items()]
    return sorted(workers, key=lambda worker: (not worker.is_alive, worker.uuid))


def _summarize(uuid: str, entries: list[tuple[Queue, Any]], scope: Scope) -> WorkerSummary:
    records = [record for _, record in entries]
    return WorkerSummary(
        uuid=uuid,
        is_alive=any(record.activated is not None and not record.dead for record in records),
        activated=min((each.activated for each in records if each.activated is not None), default=None),
        last_ping=max((each.last_ping.value for each in records if each.last_ping.value is not None), default=None),
        process=_latest(record.process for record in records),
        ousted=_latest(record.ousted for record in records),
        agents=tuple(
            AgentSummary(
                queue=queue.name or "",
                name=agent.name or "",
                size=agent.size,
                active=len(agent),
                jobs=tuple(id_of(job) for job in agent if scope.covers(job)),
            )
            for queue, record in entries
            for agent in record.values()
        ),
    )


def _latest(processes: Iterable[ProcessInfo | None]) -> ProcessSummary | None:
    latest = max((each for each in processes if each is not None), key=attrgetter("micros"), default=None)
    return None if latest is None else ProcessSummary(latest.host, latest.pid, latest.started, latest.version)
