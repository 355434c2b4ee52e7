"""What a dispatcher tells about itself, to the monitor and to whoever asks. From any thread; never the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from zc.async_ import clock
from zc.async_.journal import JobId
from zc.async_.journal import Journal
from zc.async_.journal import PollInfo
from zc.async_.statistics import summarize
from zc.async_.timekeys import naive_utc


if TYPE_CHECKING:
    from uuid import UUID

    from zc.async_.pool import AgentThreadPool
    from zc.async_.rolling import RollingSet

STOPPED = "STOPPED"
STARTING = "STARTING"
RUNNING = "RUNNING"
STUCK = "STUCK"

STUCK_AFTER = timedelta(seconds=10)
"""Beyond its poll interval a dispatcher may be silent this long before it is called STUCK."""

Moment = int | datetime | None
"""The key of a poll, or a datetime, which is UTC if it is naive."""


class Threads(NamedTuple):
    """How many worker threads work on a job, or are about to, and how many have nothing to do."""

    busy: int
    free: int


class Reporting:
    """The part of a dispatcher that answers questions."""

    UUID: UUID
    poll_interval: float
    journal: Journal
    activated: datetime | None
    last_poll: datetime | None

    @property
    def queues(self) -> dict[str, dict[str, AgentThreadPool]]:
        raise NotImplementedError

    @property
    def polls(self) -> RollingSet:
        """The recorded passes, newest first."""
        return self.journal.polls

    @property
    def jobs(self) -> dict[JobId, dict[str, Any]]:
        """What is known of the jobs in work and of the newest finished ones, by number and database name; copies."""
        return self.journal.jobs

    def getActiveJobIds(self, queue: str | None = None, agent: str | None = None) -> list[JobId]:
        """The jobs that are in worker threads now, those that began last first."""
        return self.journal.active(queue, agent)

    def getThreads(self) -> dict[str, Threads]:
        """The worker threads now, by queue."""
        found: dict[str, Threads] = {}
        for queue, pools in self.queues.items():
            free = sum(pool.free for pool in pools.values())
            found[queue] = Threads(sum(pool.size for pool in pools.values()) - free, free)
        return found

    def getJobInfo(self, oid: int, database_name: str | None = None) -> dict[str, Any]:
        """What is known of a job; ``ValueError`` if it is unknown, or if its number alone is ambiguous."""
        return self.journal.job(oid, database_name)

    def getPollInfo(self, at: Moment = None, before: Moment = None) -> PollInfo:
        """The newest recorded pass, at or before ``at``, or before ``before``; ``ValueError`` if there is none."""
        for poll in self.iterPolls(at, before, count=1):
            return poll
        raise ValueError("no poll", at, before)

    def iterPolls(
        self, at: Moment = None, before: Moment = None, since: Moment = None, count: int | None = None
    ) -> Iterator[PollInfo]:
        """Recorded passes, newest first, not older than ``since``; ``ValueError`` for ``at`` with ``before``."""
        return self.journal.iter_polls(at, before, since, count)

    def getStatistics(
        self,
        at: Moment = None,
        before: Moment = None,
        since: Moment = None,
        queue: str | None = None,
        agent: str | None = None,
    ) -> dict[str, Any]:
        """Figures about the jobs of those passes; see ``statistics``."""
        polls = list(self.iterPolls(at, before, since))
        return summarize(polls, self.jobs, naive_utc(clock.now()), queue, agent)

    def getStatusInfo(self) -> dict[str, Any]:
        """Status, poll interval, time since the last good pass, uptime and UUID.

        A dispatcher is STUCK when no pass has succeeded for its poll interval and some seconds: it hangs, or all its
        passes fail.
        """
        now = clock.now()
        activated, last_poll = self.activated, self.last_poll
        status, since = STOPPED, None
        if activated is not None:
            since = now - (last_poll or activated)
            late = since > timedelta(seconds=self.poll_interval) + STUCK_AFTER
            status = STUCK if late else STARTING if last_poll is None else RUNNING
        return {
            "status": status,
            "poll interval": timedelta(seconds=self.poll_interval),
            "time since last poll": since,
            "uptime": None if activated is None or last_poll is None else now - activated,
            "uuid": self.UUID,
        }
