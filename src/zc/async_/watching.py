"""The jobs that wait for others which do not know of them; see ``waiting``.

Whoever claims looks at what they wait for, as it is then. So nothing can be missed, whoever dies when.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ZODB.utils import u64

from zc.async_.containers import SmallLeafTree


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
        gone = [(oid, job) for oid, job in self.items() if not job.awaited or is_ready(job)]
        for oid, _ in gone:
            del self[oid]
        return [job for _, job in gone if job.awaited]

    def awaited(self) -> list[Job]:
        """The jobs whose end lets one of these go on."""
        return [other for job in self.values() for other in job.awaited if not other.is_completed]
