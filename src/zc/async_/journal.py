"""What a dispatcher remembers of its passes and jobs: in memory, never in the database.

Threads: the dispatch thread tells of passes, worker threads of jobs, anybody may ask; a lock is held for moments.
Memory: the newest passes and the newest finished jobs are kept, texts are cut. Jobs in work are as many as threads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from itertools import islice
from typing import Any
from typing import NamedTuple

from twisted.python.failure import Failure

from zc.async_ import clock
from zc.async_ import twist
from zc.async_.describe import custom_repr
from zc.async_.describe import shortened
from zc.async_.rolling import RollingMapping
from zc.async_.rolling import RollingSet
from zc.async_.timekeys import key_range
from zc.async_.timekeys import long_to_dt
from zc.async_.timekeys import naive_utc


trace = logging.getLogger("zc.async.trace")

JobId = tuple[int, "str | None"]
AgentInfo = dict[str, Any]
Picture = dict[str, "dict[str, AgentInfo] | None"]
"""By queue and agent, what a pass saw and did; None for a queue that this dispatcher does not work on."""

LONGEST_RESULT = 10_000
TRUNCATED = "\n[...TRUNCATED...]"

REGULAR = 0.9
"""Part of the poll interval after which a pass that found nothing is worth remembering."""


class PollInfo(dict[str, Any]):
    """The picture of one pass. ``key`` is made of its time and sorts from the newest to the oldest."""

    key: int
    parent: Any = None

    @property
    def utc_timestamp(self) -> datetime:
        """When the pass was recorded, as a naive datetime in UTC."""
        return long_to_dt(self.key)


class Start(NamedTuple):
    """A job that a pass gave to a thread; ``key`` is the claim's."""

    job_id: JobId
    key: int
    queue: str
    agent: str
    quota_names: tuple[str, ...]


class JobInfo(dict[str, Any]):
    """What is known of one run of a job."""

    def __init__(self, start: Start, poll_id: int) -> None:
        super().__init__(
            {
                "result": None,
                "failed": False,
                "agent": start.agent,
                "queue": start.queue,
                "poll id": poll_id,
                "quota names": start.quota_names,
                "call": None,
                "started": None,
                "completed": None,
                "thread": None,
                "reassigned": False,
            }
        )


class Journal:
    """The memory of one dispatcher. ``trouble`` is why the latest pass came to nothing, None if it did not."""

    def __init__(self, owner: Any, jobs_size: int, polls_size: int) -> None:
        self._owner = owner
        self._lock = threading.Lock()
        self.polls = RollingSet()
        self.polls.__parent__ = owner
        self.polls.size = polls_size
        self._ended = RollingMapping()
        self._ended.size = jobs_size
        self._in_work: dict[tuple[JobId, int], JobInfo] = {}
        self._latest: Picture = {}
        self.recorded = 0
        self.trouble: Failure | None = None

    def clear(self) -> None:
        """Forget everything; for a dispatcher that starts."""
        with self._lock:
            self.polls.clear()
            self._ended.clear()
            self._in_work.clear()
            self._latest = {}
            self.trouble = None

    # What the dispatch thread tells

    def passed(self, picture: Picture, starts: Sequence[Start]) -> None:
        """Note a pass, and the jobs that it starts. To be called before a thread gets them.

        A pass is recorded among the polls if it started jobs, if queues, agents, sizes or errors changed, or if the
        last recorded one is about a poll interval ago. Others were woken for nothing, by jobs that ended or commits
        of others: a busy dispatcher has thousands of them, which would push out those that tell something.
        """
        with self._lock:
            self.trouble = None
            self._latest = picture
            self._record(picture, bool(starts))
            for start in starts:
                self._in_work[start.job_id, start.key] = JobInfo(start, self.polls.first().key)

    def failed(self, picture: Picture) -> None:
        """Note a pass that came to nothing because of the exception that is being handled."""
        error = twist.Failure()
        undone = {
            queue: agents and {name: {**agent, "new jobs": [], "error": error} for name, agent in agents.items()}
            for queue, agents in picture.items()
        }
        with self._lock:
            self.trouble = error
            self._record(undone, False)

    def _record(self, picture: Picture, eventful: bool) -> None:
        newest = self.polls.first() if self.polls else None
        if eventful or newest is None or self._is_due(newest) or _outline(picture) != _outline(newest):
            poll = PollInfo(picture)
            self.polls.add(poll)
            self.recorded += 1
            if poll != newest:
                trace.debug("poll %s: %r", poll.key, poll)

    def _is_due(self, newest: PollInfo) -> bool:
        regular = timedelta(seconds=self._owner.poll_interval * REGULAR)
        return newest.utc_timestamp + regular <= _now()

    # What worker threads tell

    def begins(self, job_id: JobId, key: int, call: str) -> None:
        """Note that this thread begins with a job."""
        with self._lock:
            info = self._in_work.get((job_id, key))
            if info is not None:
                info.update(call=call, started=_now(), thread=str(threading.get_ident()))

    def ends(self, job_id: JobId, key: int, outcome: Any) -> None:
        """Note what came of a job: a value, a Failure, or the job itself if it is to run again later."""
        failed = isinstance(outcome, Failure)
        if failed:
            text = shortened(outcome.getTraceback(), LONGEST_RESULT, TRUNCATED)
        else:
            text = custom_repr(outcome, LONGEST_RESULT, TRUNCATED)
        self._leaves(job_id, key, result=text, failed=failed, completed=_now())

    def loses(self, job_id: JobId, key: int) -> None:
        """Note that a job was taken away, or given back, without an outcome."""
        self._leaves(job_id, key, reassigned=True)

    def _leaves(self, job_id: JobId, key: int, **what: Any) -> None:
        with self._lock:
            info = self._in_work.pop((job_id, key), None)
            if info is not None:
                info.update(what)
                self._ended.pop(job_id, None)
                self._ended[job_id] = info

    # What anybody may ask

    @property
    def jobs(self) -> dict[JobId, dict[str, Any]]:
        """Copies of what is known of jobs, those in work last."""
        with self._lock:
            known = {**self._ended, **{job_id: info for (job_id, _), info in self._in_work.items()}}
            return {job_id: dict(info) for job_id, info in known.items()}

    def active(self, queue: str | None = None, agent: str | None = None) -> list[JobId]:
        """The jobs in worker threads, of a queue or an agent, those that began last first."""
        with self._lock:
            active = [
                (info["started"], job_id)
                for (job_id, _), info in self._in_work.items()
                if info["started"] is not None
                and (queue is None or info["queue"] == queue)
                and (agent is None or info["agent"] == agent)
            ]
        return [job_id for _, job_id in sorted(active, reverse=True)]

    def job(self, oid: int, database_name: str | None = None) -> dict[str, Any]:
        """What is known of a job; ``ValueError`` if it is unknown or several databases have one of that number.

        A job in work that the agent no longer had at the latest pass was ``reassigned``.
        """
        jobs = self.jobs
        found = [job_id for job_id in jobs if job_id[0] == oid and database_name in (None, job_id[1])]
        if not found:
            raise ValueError("unknown job", oid, database_name)
        if len(found) > 1:
            raise ValueError("ambiguous database name", oid, [name for _, name in found])
        info = jobs[found[0]]
        if info["completed"] is None and not self._is_held(found[0], info):
            info["reassigned"] = True
        return info

    def _is_held(self, job_id: JobId, info: dict[str, Any]) -> bool:
        agents = self._latest.get(info["queue"]) or {}
        agent = agents.get(info["agent"], {"active jobs": (), "new jobs": ()})
        return job_id in agent["active jobs"] or job_id in agent["new jobs"]

    def iter_polls(
        self,
        at: int | datetime | None = None,
        before: int | datetime | None = None,
        since: int | datetime | None = None,
        count: int | None = None,
    ) -> Iterator[PollInfo]:
        """Recorded passes, newest first: ``at`` or before a key or time or ``before`` it, not older than ``since``.

        Datetimes are taken as UTC if they are naive. ``ValueError`` for ``at`` together with ``before`` and for a
        negative ``count``.
        """
        if at is not None and before is not None:
            raise ValueError("may only provide one of `at` and `before`")
        if count is not None and count < 0:
            raise ValueError("count must be a positive integer")
        start = key_range(before)[1] + 1 if before is not None else at
        with self._lock:
            polls = list(self.polls.iter(start, since))
        return islice(polls, count)


def _outline(picture: Any) -> dict[str, Any]:
    """What does not change from pass to pass while all is well."""
    return {
        queue: agents and {name: (agent["size"], agent["error"] is None) for name, agent in agents.items()}
        for queue, agents in picture.items()
    }


def _now() -> datetime:
    return naive_utc(clock.now())
