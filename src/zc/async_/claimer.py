"""Claims as many jobs as there are free threads and hands them over, in one commit."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from persistent import Persistent

from zc.async_.pool import Assignment


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.dispatchers import Claim
    from zc.async_.pool import AgentThreadPool
    from zc.async_.queue import Queue

PoolOf = Callable[["Queue", str, int], "AgentThreadPool"]


class Claimer:
    """One dispatcher's hunger for jobs. Lives in the dispatch thread; the dispatcher commits between the two halves.

    If the process dies after the commit, the agents' records tell which jobs it had, and they are rescued. If the
    connection is lost during the commit, its outcome is unknown: the next step looks which of its claims are there.
    ``watched`` are the objects whose change may make another step worth while.
    """

    def __init__(self, uuid: UUID, pool_of: PoolOf) -> None:
        self._uuid = uuid
        self._pool_of = pool_of
        self._assignments: list[tuple[AgentThreadPool, Assignment]] = []
        self._doubtful: set[tuple[AgentThreadPool, Assignment]] = set()
        self._returned: list[tuple[AgentThreadPool, set[Assignment]]] = []
        self.watched: list[Persistent] = []

    def step(self, queues: list[Queue]) -> bool:
        """Claim for all agents of the dispatcher in these queues; whether anything was claimed."""
        self._doubtful.update(self._assignments)
        self._assignments = []
        self._returned = []
        self.watched = []
        for queue in queues:
            for name, agent in queue.dispatchers[self._uuid].items():
                self._claim(self._pool_of(queue, name, agent.size), agent)
        return bool(self._assignments)

    def _claim(self, pool: AgentThreadPool, agent: Agent) -> None:
        lost = set(pool.lost)
        if lost:
            give_back(agent, lost, interrupted=True)
            self._returned.append((pool, lost))
        mine = [(pool, _assignment(claim)) for claim in agent.claims()] if self._doubtful else []
        found = [item for item in mine if item in self._doubtful]
        claims, blockers = agent.claim_jobs(pool.free - len(found))
        self.watched += [agent, *blockers]
        self._assignments += found + [(pool, _assignment(claim)) for claim in claims]

    def hand_over(self) -> None:
        """Let the threads run what was claimed, now that it is committed."""
        for pool, lost in self._returned:
            pool.lost -= lost
        for pool, assignment in self._assignments:
            pool.run(assignment)
        self._assignments = []
        self._doubtful.clear()


def _assignment(claim: Claim) -> Assignment:
    return Assignment(claim.job._p_oid, claim.key)


def give_back(agent: Agent, assignments: Iterable[Assignment], interrupted: bool) -> None:
    """Return those of the agent's jobs to their queue; ``interrupted`` if some of their code may have run."""
    wanted = set(assignments)
    for claim in agent.claims():
        if _assignment(claim) in wanted:
            agent.give_back(claim, interrupted)
