"""The persistent picture of who works on a queue: dispatchers with their agents, signs of life, and rescue.

A dispatcher writes its own record and sign of life; a sibling writes them only when it finds it dead. Should both
write at once, one of them conflicts and looks again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple
from uuid import UUID

from persistent import Persistent
from zope.event import notify
from zope.interface import implementer

from zc.async_ import clock
from zc.async_.connections import fetch
from zc.async_.containers import Inherited
from zc.async_.containers import Registry
from zc.async_.interfaces import DispatcherActivated
from zc.async_.interfaces import DispatcherDeactivated
from zc.async_.interfaces import DispatcherReactivated
from zc.async_.interfaces import DispatcherRegistered
from zc.async_.interfaces import DispatcherUnregistered
from zc.async_.interfaces import IAgent
from zc.async_.interfaces import IDispatcherAgents
from zc.async_.interfaces import IDispatchers
from zc.async_.processinfo import ProcessInfo
from zc.async_.threadlocal import local


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.job import Job

events = logging.getLogger("zc.async.events")


class Claim(NamedTuple):
    """An agent's hold on a job. ``active`` tells whether it was started with the claim; ``key`` is when, in µs."""

    agent: Agent
    job: Job
    key: int
    active: bool


class SignOfLife(Persistent):
    """When a dispatcher last showed that it lives; apart, so that a ping writes almost nothing.

    A dispatcher has one for all its queues.
    """

    micros = 0

    @property
    def value(self) -> datetime | None:
        """The time of the last ping, or None."""
        return clock.from_micros(self.micros) if self.micros else None


@implementer(IDispatcherAgents)
class DispatcherAgents(Registry):
    """One dispatcher's record in one queue: its agents by name.

    ``ping_interval`` and ``ping_death_interval`` may be set here, or on the container of the queues for all. What tells
    of processes is written when one activates the record or finds that another did, not by signs of life.
    """

    ping_interval = Inherited(timedelta(seconds=30))
    ping_death_interval = Inherited(timedelta(seconds=60))
    _activated: int | None = None
    _process: tuple[str, int, int, str] | None = None
    _ousted: tuple[str, int, int, str] | None = None

    def __init__(self, uuid: UUID, last_ping: SignOfLife | None = None) -> None:
        super().__init__()
        self.UUID = uuid
        self.last_ping = SignOfLife() if last_ping is None else last_ping

    @property
    def queue(self) -> Any:
        """The queue that the dispatcher works on."""
        return self.parent

    @property
    def activated(self) -> datetime | None:
        """When the dispatcher started, or None while it does not run."""
        return None if self._activated is None else clock.from_micros(self._activated)

    @property
    def process(self) -> ProcessInfo | None:
        """The process that activated the record last, or None if that was before processes were noted."""
        return None if self._process is None else ProcessInfo(*self._process)

    @property
    def ousted(self) -> ProcessInfo | None:
        """A process that has the same identity, found out that :attr:`process` took its place, and ran on idle."""
        return None if self._ousted is None else ProcessInfo(*self._ousted)

    @property
    def patience(self) -> timedelta:
        """How long no sign of life may come: for ``ping_death_interval``, and until two were due."""
        return max(self.ping_death_interval, 2 * self.ping_interval)

    @property
    def dead(self) -> bool:
        """Whether no sign of life came for too long, if the clock here and that of the dispatcher go alike."""
        micros = max(self.last_ping.micros, self._activated or 0)
        return bool(micros) and clock.from_micros(micros) + self.patience < clock.now()

    def __setitem__(self, name: str, agent: Agent) -> None:
        if not IAgent.providedBy(agent):
            raise ValueError("value must be IAgent")
        if len(agent):
            raise ValueError("cannot add an agent with active jobs")
        super().__setitem__(name, agent)

    def pop(self, name: str, *default: Any) -> Any:
        """Take an agent out; ``ValueError`` while it works on jobs."""
        if name in self and len(self[name]):
            raise ValueError("cannot remove an agent with active jobs")
        return super().pop(name, *default)

    def activate(self, process: ProcessInfo | None = None) -> None:
        """Begin to work, as that process; ``ValueError`` if activated already. Sends IDispatcherActivated."""
        if self._activated is not None:
            raise ValueError("Already activated")
        self._rescue()
        self._activated = clock.to_micros(clock.now())
        self._process = None if process is None else (*process,)
        self._ousted = None
        notify(DispatcherActivated(self))

    def deactivate(self) -> None:
        """End, and give the agents' jobs back to the queue; ``ValueError`` if not activated."""
        if self._activated is None:
            raise ValueError("Not activated")
        self._activated = None
        self._rescue()
        notify(DispatcherDeactivated(self))

    def reactivate(self) -> None:
        """Go on after having been found dead; agents are left as they are."""
        self._activated = clock.to_micros(clock.now())
        notify(DispatcherReactivated(self))

    def note_ousted(self, process: ProcessInfo) -> None:
        """Note a process that runs on idle since another took its place; the first one is enough to be found."""
        if self._ousted is None:
            self._ousted = (*process,)

    def _rescue(self) -> None:
        for agent in self.values():
            agent.give_back_all()


@implementer(IDispatchers)
class Dispatchers(Registry):
    """Dispatcher records by UUID."""

    def _parent_of_children(self) -> Any:
        return self.parent

    def register(self, uuid: UUID) -> DispatcherAgents:
        """Make a dispatcher's record; ``ValueError`` if there is one. Sends IDispatcherRegistered."""
        if uuid in self:
            raise ValueError("UUID already registered")
        self[uuid] = DispatcherAgents(uuid, self._sign_of_life_elsewhere(uuid))
        notify(DispatcherRegistered(self[uuid]))
        return self[uuid]

    def _sign_of_life_elsewhere(self, uuid: UUID) -> SignOfLife | None:
        for queue in (self.parent.parent or {}).values():
            if uuid in queue.dispatchers:
                return queue.dispatchers[uuid].last_ping
        return None

    def unregister(self, uuid: UUID) -> DispatcherAgents:
        """Remove and return a record; ``KeyError`` if unknown, ``ValueError`` while it is activated."""
        if self[uuid].activated is not None:
            raise ValueError("UUID is activated.")
        record = self.pop(uuid)
        notify(DispatcherUnregistered(record))
        return record

    def ping(self, uuid: UUID, is_dead: Callable[[DispatcherAgents], bool] = attrgetter("dead")) -> None:
        """Show that a dispatcher lives, at most once per ``ping_interval``, and rescue the next sibling if dead.

        ``is_dead`` says so of its record; by default the clock does.
        """
        record = self[uuid]
        if record.activated is None:
            events.critical(
                "dispatcher %s pings but was found dead: its process or its connection to the database hung", uuid
            )
            record.reactivate()
        last, now = record.last_ping.value, clock.now()
        if last is None or not last <= now < last + record.ping_interval:
            record.last_ping.micros = clock.to_micros(now)
        sibling = self._next_active_sibling(uuid)
        if sibling is not None and is_dead(sibling):
            events.error("dispatcher %s shows no sign of life; its jobs are rescued", sibling.UUID)
            sibling.last_ping._p_changed = True  # should it ping at this moment, one of us conflicts
            sibling.deactivate()

    def _next_active_sibling(self, uuid: UUID) -> DispatcherAgents | None:
        uuids = self.keys()
        here = uuids.index(uuid)
        for other in uuids[here + 1 :] + uuids[:here]:
            if self[other].activated is not None:
                return self[other]
        return None

    def claim_of(self, job: Job) -> Claim | None:
        """The valid claim on a job, or None. Looks at the few jobs in work, loading none of them.

        In a worker thread it is most often one of its own dispatcher, whose record is there; those of others change
        with each of their claims, and are fetched together.
        """
        own = None if local.dispatcher is None else self.get(local.dispatcher.UUID)
        others = [record for record in self._children.values() if record is not own]
        for records in [own] if own is not None else [], others:
            agents = [agent for record in records for agent in record.values()]
            fetch(agent.workload for agent in agents)
            for agent in agents:
                claim = agent.claim_of(job)
                if claim is not None:
                    return claim
        return None
