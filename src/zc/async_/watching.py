"""The jobs that wait for others which do not know of them; see ``waiting``.

Whoever claims looks at what they wait for, as it is then. So nothing can be missed, whoever dies when. Those of an
absent class stay until a process has it that claims.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ZODB.utils import u64

from zc.async_.containers import SmallLeafTree
from zc.async_.terms import is_job


if TYPE_CHECKING:
    from zc.async_.job import Job


class Watched(SmallLeafTree):
    """Waiting jobs by oid. Written by worker threads that add one, and by claims that take one."""

    def add(self, job: Job) -> None:
        """Let a job go on once those have ended that it waits for; until then it is in nobody's hands."""
        job.void_claim()
        self[u64(job._p_oid)] = job

    def take(self, is_ready: Callable[[Job], bool]) -> list[Job]:
        """Take out the jobs that may be claimed, and forget those that have gone on otherwise."""
        gone = [(oid, job) for oid, job in self.items() if is_job(job) and (not job.awaited or is_ready(job))]
        for oid, _ in gone:
            del self[oid]
        return [job for _, job in gone if job.awaited]

    def awaited(self) -> list[Job]:
        """The jobs whose end lets one of these go on."""
        awaited = (other for job in self.values() if is_job(job) for other in job.awaited)
        return [other for other in awaited if is_job(other) and not other.is_completed]
