"""What one dispatcher is working on in one queue, and what it has done.

Only the dispatcher's own dispatch thread writes a workload, except that a sibling may rescue the jobs of a dead one.
A worker thread that finishes a job does not write its agent: the job's state tells, and the next claim files it among
the completed ones. So the commit that completes a job conflicts with nobody else's bookkeeping.

A job whose very class is absent in this process is not looked at: nobody knows what it holds, or whether it has ended.
Its entry stays as it is, and goes to the queue's schedule when the worker is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

from persistent import Persistent
from zope.event import notify
from zope.interface import alsoProvides
from zope.interface import implementer
from zope.interface import noLongerProvides

from zc.async_ import clock
from zc.async_ import instanceuuid
from zc.async_ import metrics
from zc.async_.completed import Completed
from zc.async_.completed import Workload
from zc.async_.dispatchers import Claim
from zc.async_.interfaces import NEW
from zc.async_.interfaces import IAgent
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.interfaces import IFilterAgent
from zc.async_.interfaces import JobRescued
from zc.async_.legacy import chooseFirst
from zc.async_.terms import is_job
from zc.async_.timeline import RESCUED


if TYPE_CHECKING:
    from zc.async_.dispatchers import DispatcherAgents
    from zc.async_.job import Job
    from zc.async_.queue import Queue

__all__ = ["Agent", "addMainAgentActivationHandler", "chooseFirst"]

EXCLUSIVE = "cannot set both chooser and filter to non-None"


@implementer(IAgent)
class Agent(Persistent):
    """Takes jobs from a queue for one dispatcher, at most ``size`` at once. A sequence of the jobs in work.

    ``filter`` is a function that says which jobs it takes; ``chooser`` is one that claims from ``agent.queue`` itself.
    Both are kept by name.
    """

    name: str | None = None
    parent: DispatcherAgents | None = None
    _chooser: Callable[[Agent], Any] | None = None
    _filter: Callable[[Job], bool] | None = None

    def __init__(self, chooser: Any = None, filter: Any = None, size: int = 3) -> None:
        self.size = size
        self._workload = Workload()
        self.completed = Completed(self, self._workload)
        if chooser is not None and filter is not None:
            raise ValueError(EXCLUSIVE)
        self._filter = filter
        self.chooser = chooser

    @property
    def chooser(self) -> Any:
        """Claims a job itself, or None."""
        return self._chooser

    @chooser.setter
    def chooser(self, value: Any) -> None:
        if value is not None and self._filter is not None:
            raise ValueError(EXCLUSIVE)
        self._chooser = value
        if value is None:
            alsoProvides(self, IFilterAgent)
        elif IFilterAgent.providedBy(self):
            noLongerProvides(self, IFilterAgent)

    @property
    def filter(self) -> Any:
        """Says which jobs are taken; None takes all."""
        return self._filter

    @filter.setter
    def filter(self, value: Any) -> None:
        if value is not None and self._chooser is not None:
            raise ValueError(EXCLUSIVE)
        self._filter = value

    @property
    def queue(self) -> Queue | None:
        """The queue it takes jobs from."""
        return None if self.parent is None else self.parent.queue

    # The jobs in work

    @property
    def workload(self) -> Workload:
        """The record of its claims, which each claim writes; for those who fetch several at once."""
        return self._workload

    def claims(self) -> list[Claim]:
        """The valid claims: jobs that are neither completed nor given back."""
        claims = (Claim(self, *entry) for entry in self._workload.claims)
        return [claim for claim in claims if _is_valid(claim)]

    def claim_of(self, job: Job) -> Claim | None:
        """The valid claim on that job, or None."""
        for entry in self._workload.claims:
            if entry[0] is job:
                claim = Claim(self, *entry)
                return claim if claim.key > job.last_release else None
        return None

    def __iter__(self) -> Iterator[Job]:
        return (claim.job for claim in self.claims())

    def __len__(self) -> int:
        return len(self.claims())

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: int) -> Job:
        return self.claims()[index].job

    def index(self, job: Job) -> int:
        """Position of a job in work; ``ValueError`` if it is not here."""
        for position, candidate in enumerate(self):
            if candidate is job:
                return position
        raise ValueError(f"{job!r} not in Agent")

    # Claiming

    def claimJob(self) -> Job | None:
        """Claim the next job without starting it; None if there is none, no room, or the dispatcher is not alive."""
        claims, _ = self.claim_jobs(1, active=False)
        return claims[0].job if claims else None

    def claim_jobs(self, limit: int, active: bool = True) -> tuple[list[Claim], list[Persistent]]:
        """Claim up to ``limit`` jobs, and start them if ``active``; also whose change may let others start.

        Started means that with the caller's commit they are ACTIVE for everybody, before any of their code runs.
        """
        record = self.parent
        if record is None or record.activated is None or record.dead:
            return [], []
        room = min(limit, self.size - len(self))
        if self._chooser is not None:
            return self._claim_chosen(record.queue, room, active)
        jobs, blockers = record.queue.claim_jobs(room, self._filter)
        return self._hold(jobs, active), blockers

    def _claim_chosen(self, queue: Queue, room: int, active: bool) -> tuple[list[Claim], list[Persistent]]:
        held: list[Claim] = []
        while len(held) < room and (job := self._chooser(self)) is not None:  # type: ignore[misc]
            if job.status == NEW:  # pulled out of the queue
                job.queued(queue, clock.now(), instanceuuid.current())
            held += self._hold([job], active)  # at once: so quotas count it when the next is chosen
        return held, [blocker for quota in queue.quotas.values() for blocker in (quota, *quota)]

    def _hold(self, jobs: list[Job], active: bool) -> list[Claim]:
        if not jobs:
            return []
        self.file_completed()
        now = clock.to_micros(clock.now())
        new = [Claim(self, job, max(now, job.last_release + 1), active) for job in jobs]
        self._workload.claims += tuple((claim.job, claim.key, claim.active) for claim in new)
        return new

    def file_completed(self) -> None:
        """Move jobs that have ended from those in work to the completed ones, and drop void claims.

        For the agent's own dispatcher.
        """
        claims = self._workload.claims
        current = [entry for entry in claims if not _is_void(entry)]
        remaining = tuple(entry for entry in current if not _has_ended(entry[0]))
        if len(remaining) < len(claims):
            self._workload.claims = remaining
            for job, _, _ in current:
                if _has_ended(job):
                    self.completed.add(job)

    def ended(self) -> list[Job]:
        """The jobs that have ended and are not among the completed ones yet."""
        return [entry[0] for entry in self._workload.claims if not _is_void(entry) and _has_ended(entry[0])]

    def forget(self, job: Job) -> bool:
        """Forget a job that has ended; False if it is not here. Of this and a claim at the same time one conflicts."""
        claims = self._workload.claims
        left = tuple(entry for entry in claims if entry[0] is not job)
        if len(left) < len(claims):
            self._workload.claims = left
            return True
        return self.completed.forget(job)

    # Giving back

    def give_back_all(self) -> None:
        """Return the jobs in work to the queue because their worker is gone, and file those that were completed."""
        self.file_completed()
        for claim in self.claims():
            self.give_back(claim, interrupted=claim.active)
        for job, _, _ in self._workload.claims:
            if not is_job(job):
                self.queue.set_aside(job)  # type: ignore[union-attr]
        self._workload.claims = ()

    def give_back(self, claim: Claim, interrupted: bool) -> None:
        """Return a job to the front of its lane.

        ``interrupted`` if some of its code may have run: this counts, goes to the job's timeline and is announced by
        IJobRescued; the job's retry policy is asked before it runs again.
        """
        job = claim.job
        self.queue.putBack(job)  # type: ignore[union-attr]
        if interrupted:
            job.has_begun = True
            job.interruptions += 1
            job.note(RESCUED, f"from dispatcher {self.parent.UUID}")  # type: ignore[union-attr]
            notify(JobRescued(job, self.parent.UUID))  # type: ignore[union-attr]
            metrics.after_commit(job._p_jar, metrics.process.rescued, self.queue.name or "")  # type: ignore[union-attr]


def _is_valid(claim: Claim) -> bool:
    return is_job(claim.job) and claim.key > claim.job.last_release and not claim.job.is_completed


def _is_void(entry: tuple[Job, int, bool]) -> bool:
    """Whether the job was given back since the claim."""
    return is_job(entry[0]) and entry[1] <= entry[0].last_release


def _has_ended(job: Job) -> bool:
    return is_job(job) and job.is_completed


def addMainAgentActivationHandler(event: IDispatcherActivated) -> None:
    """Give an activated dispatcher the agent ``'main'`` if it has none."""
    if "main" not in event.object:
        event.object["main"] = Agent()
