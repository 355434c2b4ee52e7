"""Queues, and the dispatchers and agents that work on them, as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import clock
from zc.async_.describe import custom_repr


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.dispatchers import DispatcherAgents
    from zc.async_.queue import Queue

Wanted = Callable[[str], bool]


def describe_queue(queue: Queue, wants_dispatcher: Wanted, wants_agent: Wanted) -> dict[str, Any]:
    """How many jobs are in a queue, and which of the wanted dispatchers are activated for it."""
    records = {
        str(uuid): _describe_dispatcher(record, wants_agent)
        for uuid, record in queue.dispatchers.items()
        if record.activated is not None and wants_dispatcher(str(uuid))
    }
    return {"len": len(queue), "dispatchers": records}


def _describe_dispatcher(record: DispatcherAgents, wants_agent: Wanted) -> dict[str, Any]:
    last_ping = record.last_ping.value
    return {
        "last ping": last_ping,
        "since ping": None if last_ping is None else clock.now() - last_ping,
        "dead": record.dead,
        "ping interval": record.ping_interval,
        "ping death interval": record.ping_death_interval,
        "agents": {name: _describe_agent(agent) for name, agent in record.items() if wants_agent(name)},
    }


def _describe_agent(agent: Agent) -> dict[str, Any]:
    kind, chooses = ("filter", agent.filter) if agent.chooser is None else ("chooser", agent.chooser)
    return {kind: None if chooses is None else custom_repr(chooses), "len": len(agent), "size": agent.size}
