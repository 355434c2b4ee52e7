"""Sums up what a dispatcher remembers of its passes and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from typing import Any

from zc.async_.journal import JobId
from zc.async_.journal import PollInfo


Duration = tuple[timedelta, JobId]


def summarize(
    polls: Sequence[PollInfo],
    jobs: Mapping[JobId, Mapping[str, Any]],
    now: datetime,
    queue: str | None = None,
    agent: str | None = None,
) -> dict[str, Any]:
    """Figures about the jobs of these polls, newest first, of one queue or agent if given. ``now`` is naive UTC.

    ``statistics start`` is the time of the newest poll and ``statistics end`` that of the oldest, as they always
    were. ``unknown`` are jobs that are no longer remembered, or were taken away by another process.
    """
    new, in_work = _job_ids(polls, queue, agent)
    durations: dict[str, list[Duration]] = {"successful": [], "failed": [], "active": []}
    unknown = 0
    for job_id in {*new, *in_work}:
        info = jobs.get(job_id)
        if info is None or info["reassigned"]:
            unknown += 1
        elif info["started"] is not None:
            kind = "active" if info["completed"] is None else "failed" if info["failed"] else "successful"
            durations[kind].append(((info["completed"] or now) - info["started"], job_id))
    figures: dict[str, Any] = {
        "started": len(new),
        "successful": len(durations["successful"]),
        "failed": len(durations["failed"]),
        "unknown": unknown,
        "statistics start": polls[0].utc_timestamp if polls else None,
        "statistics end": polls[-1].utc_timestamp if polls else None,
    }
    for kind, measured in durations.items():
        figures[f"shortest {kind}"] = min(measured)[1] if measured else None
        figures[f"longest {kind}"] = max(measured)[1] if measured else None
    return figures


def _job_ids(polls: Sequence[PollInfo], queue: str | None, agent: str | None) -> tuple[list[JobId], list[JobId]]:
    """The jobs that these polls started, and those that were in work at the oldest."""
    agents = [
        (poll, info)
        for poll in polls
        for queue_name, by_name in poll.items()
        if queue is None or queue_name == queue
        for agent_name, info in (by_name or {}).items()
        if agent is None or agent_name == agent
    ]
    new = [job_id for _, info in agents for job_id in info["new jobs"]]
    in_work = [job_id for poll, info in agents if poll is polls[-1] for job_id in info["active jobs"]]
    return new, in_work
