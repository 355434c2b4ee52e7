"""Claims as many jobs as there are free threads and hands them over, in one commit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from persistent import Persistent
from transaction.interfaces import TransientError
from ZEO.Exceptions import ClientDisconnected

from zc.async_.describe import getId
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import AsyncError
from zc.async_.journal import AgentInfo
from zc.async_.journal import Picture
from zc.async_.journal import Start
from zc.async_.pool import Assignment
from zc.async_.twist import Failure


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.dispatchers import Claim
    from zc.async_.pool import AgentThreadPool
    from zc.async_.pools import PoolName
    from zc.async_.queue import Queue

PoolOf = Callable[["PoolName", int], "AgentThreadPool"]

UNDONE = "The job was completed, but that was undone in the database; it is not run again."
"""What becomes of a job whose transaction somebody undid."""

events = logging.getLogger("zc.async.events")


class AgentFailed(AsyncError):
    """An agent's filter or chooser raised; abort, and step again without that agent."""


class Claimer:
    """One dispatcher's hunger for jobs. Lives in the dispatch thread; the dispatcher commits between the two halves.

    If the process dies after the commit, the agents' records tell which jobs it had, and they are rescued. If the
    connection is lost during the commit, its outcome is unknown: the next step looks which of its claims are there.
    ``fetch_news`` loads what came in, for a claim that has room for it. ``watched`` are the objects whose change may
    make another step worth while; ``picture`` is what the step saw and did, for the journal.
    """

    def __init__(self, uuid: UUID, pool_of: PoolOf, fetch_news: Callable[[], object]) -> None:
        self._uuid = uuid
        self._pool_of = pool_of
        self._fetch_news = fetch_news
        self._assignments: list[tuple[AgentThreadPool, Assignment]] = []
        self._doubtful: set[tuple[AgentThreadPool, Assignment]] = set()
        self._returned: list[tuple[AgentThreadPool, set[Assignment]]] = []
        self._suspects: set[tuple[AgentThreadPool, Assignment]] = set()
        self._former_suspects: set[tuple[AgentThreadPool, Assignment]] = set()
        self._undone: set[tuple[AgentThreadPool, Assignment]] = set()
        self._failed: dict[PoolName, Failure] = {}
        self._complaints: dict[PoolName, str] = {}
        self.starts: list[Start] = []
        self.watched: list[Persistent] = []
        self.picture: Picture = {}

    def begin(self) -> None:
        """Give all agents a chance again, whatever they did in former passes."""
        self._failed.clear()

    def step(self, queues: list[Queue]) -> bool:
        """Claim for all agents of the dispatcher in these queues; whether anything was claimed.

        Raises :class:`AgentFailed` when an agent cannot choose; the next step leaves it out.
        """
        self._doubtful.update(self._assignments)
        self._assignments = []
        self._returned = []
        self._undone = set()
        self._former_suspects, self._suspects = self._suspects, set()
        self.starts = []
        self.watched = []
        self.picture = {}
        for queue in queues:
            self.picture[queue.name or ""] = {}
            for name, agent in queue.dispatchers[self._uuid].items():
                self._claim((queue.name or "", name), agent)
        return bool(self._assignments)

    @property
    def agents(self) -> set[PoolName]:
        """The agents that the step worked for."""
        return {(queue, agent) for queue, agents in self.picture.items() for agent in agents or ()}

    def _claim(self, name: PoolName, agent: Agent) -> None:
        pool = self._pool_of(name, agent.size)
        self.watched.append(agent)
        active = [getId(claim.job) for claim in agent.claims()]
        info: AgentInfo = {"size": agent.size, "len": len(active), "error": None, "new jobs": [], "active jobs": active}
        self.picture[name[0]][name[1]] = info  # type: ignore[index]
        if name in self._failed:
            info["error"] = self._failed[name]
            return
        lost = set(pool.lost)
        if lost:
            give_back(agent, lost, interrupted=True)
            self._returned.append((pool, lost))
        self._look_for_undone(pool, agent)
        found = [claim for claim in agent.claims() if (pool, _assignment(claim)) in self._doubtful]
        claims, blockers = self._choose(name, agent, pool.free - len(found))
        self.watched += blockers
        for claim in found + claims:
            self.starts.append(Start(getId(claim.job), claim.key, *name, claim.job.quota_names))
            self._assignments.append((pool, _assignment(claim)))
        info["new jobs"] = [getId(claim.job) for claim in found + claims]

    def _look_for_undone(self, pool: AgentThreadPool, agent: Agent) -> None:
        """Find claims on jobs that no thread has: whoever completed them, that was undone in the database.

        A claim must be found twice, since a thread may have completed the job after this transaction began.
        """
        for claim in agent.claims():
            entry = (pool, _assignment(claim))
            if claim.active and claim.job.is_untouched and entry not in self._doubtful and not pool.has(entry[1]):
                (self._undone if entry in self._former_suspects else self._suspects).add(entry)

    def _choose(self, name: PoolName, agent: Agent, limit: int) -> tuple[list[Claim], list[Persistent]]:
        if limit > 0:
            self._fetch_news()
        try:
            chosen = agent.claim_jobs(limit)
        except (TransientError, ClientDisconnected):
            raise
        except Exception as error:  # anybody's filter; the other agents must not suffer from it
            self._failed[name] = Failure()
            self._complain(name, error)
            raise AgentFailed() from error
        self._complaints.pop(name, None)
        return chosen

    def _complain(self, name: PoolName, error: Exception) -> None:
        """Log an error, but not again and again while it stays the same."""
        text = repr(error)
        if self._complaints.get(name) != text:
            self._complaints[name] = text
            events.error("agent %r in queue %r cannot choose jobs", name[1], name[0], exc_info=True)

    def hand_over(self) -> None:
        """Let the threads run what was claimed, now that it is committed."""
        for pool, lost in self._returned:
            pool.lost -= lost
        for pool, (oid, key, database_name) in self._undone:
            pool.come_back(oid, database_name, key, Failure(AbortedError(UNDONE)))
        for pool, assignment in self._assignments:
            pool.run(assignment)
        self._assignments = []
        self._doubtful.clear()


def _assignment(claim: Claim) -> Assignment:
    return Assignment(claim.job._p_oid, claim.key, claim.job._p_jar.db().database_name)


def give_back(agent: Agent, assignments: Iterable[Assignment], interrupted: bool) -> None:
    """Return those of the agent's jobs to their queue; ``interrupted`` if some of their code may have run."""
    wanted = set(assignments)
    for claim in agent.claims():
        if _assignment(claim) in wanted:
            agent.give_back(claim, interrupted)
