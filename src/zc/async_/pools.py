"""All worker threads of one dispatcher: a pool for each agent as which it works."""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Collection
from typing import TYPE_CHECKING

from zc.async_.pool import AgentThreadPool
from zc.async_.pool import Assignment


if TYPE_CHECKING:
    from zc.async_.dispatcher import Dispatcher

events = logging.getLogger("zc.async.events")

PoolName = tuple[str, str]
"""Names of queue and agent."""


class Pools:
    """Makes and ends thread pools. For the dispatch thread, and for whoever stops the dispatcher after that thread."""

    def __init__(self, dispatcher: Dispatcher, make_pool: type[AgentThreadPool] = AgentThreadPool) -> None:
        self._dispatcher = dispatcher
        self._make_pool = make_pool
        self._pools: dict[PoolName, AgentThreadPool] = {}
        self._ending: list[AgentThreadPool] = []

    def get(self, name: PoolName, size: int) -> AgentThreadPool:
        """The pool of an agent, with as many threads as the agent has now; none once the dispatcher is to stop."""
        if self._dispatcher.stopping.is_set():
            size = 0
        pool = self._pools.get(name)
        if pool is None:
            pool = self._pools[name] = self._make_pool(self._dispatcher, name[1], size, self._dispatcher.wake)
        elif pool.size != size:
            pool.resize(size)
        return pool

    def keep(self, names: Collection[PoolName]) -> None:
        """End the pools of all other agents: they, or their queues, were removed. What they claimed is still done."""
        for name in self._pools.keys() - names:
            events.info("queue %r has no agent %r any more: its threads end", *name)
            pool = self._pools.pop(name)
            pool.resize(0)
            self._ending.append(pool)
        self._ending = [pool for pool in self._ending if not pool.join(lambda: 0)]

    @property
    def committing(self) -> bool:
        """Whether some thread is about to come free."""
        return any(pool.committing for pool in self._pools.values())

    def stop(self) -> dict[PoolName, list[Assignment]]:
        """End all pools; by pool, what no thread had begun."""
        return {name: pool.stop() for name, pool in self._pools.items()}

    def join(self, deadline: Callable[[], float]) -> bool:
        """Wait for all threads until ``deadline()`` seconds are used up; whether all have ended. Forgets the pools."""
        still_running = [pool for pool in (*self._pools.values(), *self._ending) if not pool.join(deadline)]
        self._pools.clear()
        self._ending = still_running
        return not still_running

    def by_queue(self) -> dict[str, dict[str, AgentThreadPool]]:
        """The pools by names of queue and agent, at this moment."""
        found: dict[str, dict[str, AgentThreadPool]] = {}
        for (queue, agent), pool in tuple(self._pools.items()):
            found.setdefault(queue, {})[agent] = pool
        return found
