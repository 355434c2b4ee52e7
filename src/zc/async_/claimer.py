"""Claims as many jobs as there are free threads and hands them over, in one commit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from zc.async_.pool import Assignment


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.job import Job
    from zc.async_.pool import AgentThreadPool
    from zc.async_.queue import Queue

trace = logging.getLogger("zc.async.trace")

PoolOf = Callable[["Queue", str, int], "AgentThreadPool"]


class Claimer:
    """One dispatcher's hunger for jobs. Lives in the dispatch thread; the dispatcher commits between the two halves.

    If the process dies after the commit, the agents' records tell which jobs it had, and they are rescued.
    """

    def __init__(self, pool_of: PoolOf) -> None:
        self._pool_of = pool_of
        self._assignments: list[tuple[AgentThreadPool, Assignment]] = []
        self.blockers: list[Job] = []

    def step(self, queues: list[Queue], uuid: object) -> bool:
        """Claim for all agents of the dispatcher in these queues; whether anything was claimed."""
        self._assignments = []
        self.blockers = []
        for queue in queues:
            for name, agent in queue.dispatchers[uuid].items():
                self._claim(queue, name, agent)
        return bool(self._assignments)

    def _claim(self, queue: Queue, name: str, agent: Agent) -> None:
        pool = self._pool_of(queue, name, agent.size)
        claims, blockers = agent.claim_jobs(pool.free)
        self.blockers += blockers
        self._assignments += [(pool, Assignment(claim.job._p_oid, claim.key)) for claim in claims]

    def hand_over(self) -> None:
        """Let the threads run what was claimed, now that it is committed."""
        for pool, assignment in self._assignments:
            pool.run(assignment)
        self._assignments = []
