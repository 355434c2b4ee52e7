"""How many jobs of a kind may run at once, in all processes together.

A quota's record is written by every claim that uses it, so of two claims for its last place one conflicts: that keeps
the limit strict. A finished job does not write it; the next claim drops jobs that no longer run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

from persistent import Persistent
from zope.interface import implementer

from zc.async_.containers import Registry
from zc.async_.interfaces import IQuota
from zc.async_.interfaces import IQuotas
from zc.async_.terms import is_job


if TYPE_CHECKING:
    from zc.async_.job import Job


@implementer(IQuota)
class Quota(Persistent):
    """A named limit. ``len`` and iteration give the jobs that hold a place.

    A job holds it while its own work is done, wherever that is; not while its callbacks run, nor while it waits for
    another job, unless its class says ``keeps_places``.
    """

    parent: Any = None

    def __init__(self, name: str, size: int = 1) -> None:
        self.name = name
        self.size = size
        self._holders: tuple[Job, ...] = ()

    @property
    def filled(self) -> bool:
        """Whether no further job may start."""
        return len(self) >= self.size

    def clean(self) -> None:
        """Drop the jobs that no longer hold a place from the record."""
        holding = tuple(self)
        if len(holding) < len(self._holders):
            self._holders = holding

    def add(self, job: Job) -> None:
        """Give a place to a job; does nothing if it has one.

        Raises ``ValueError`` for what is no job, and when the quota is filled or not among the job's ``quota_names``.
        """
        if not is_job(job):
            raise ValueError("must be IJob")
        if self.name not in job.quota_names:
            raise ValueError("quota name must be in quota_names")
        if job in self:
            return
        if self.filled:
            raise ValueError("Quota is filled")
        self._holders = (*self, job)

    def hold(self, jobs: tuple[Job, ...]) -> None:
        """Let exactly these jobs hold the places. For a claim, which makes them hold by giving them to an agent."""
        self._holders = jobs

    def __contains__(self, job: Any) -> bool:
        return any(holder is job for holder in self)

    def __iter__(self) -> Iterator[Job]:
        return (job for job in self._holders if is_job(job) and self.name in job.quota_names and job.holds_places)

    def __getitem__(self, index: int) -> Job:
        return list(self)[index]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return True


@implementer(IQuotas)
class Quotas(Registry):
    """The quotas of a queue by name."""

    def create(self, name: str, size: int = 1) -> None:
        """Add a quota; ``ValueError`` when there is one of that name or the size is not at least 1."""
        if name in self:
            raise ValueError("quota exists already", name)
        if size < 1:
            raise ValueError("size must be at least 1", size)
        self[name] = Quota(name, size)

    def remove(self, name: str) -> None:
        """Remove a quota; jobs that name it are no longer limited by it."""
        del self[name]
