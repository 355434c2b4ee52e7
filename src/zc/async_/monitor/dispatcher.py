"""The command ``async``: what the dispatcher of this process is doing.

Its tools read the memory of the process alone, never the database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from datetime import timezone
from typing import Any
from uuid import UUID as UUIDType

from zc.async_ import dispatcher
from zc.async_ import instanceuuid
from zc.async_.health import liveness
from zc.async_.health import readiness
from zc.async_.journal import JobId
from zc.async_.journal import PollInfo
from zc.async_.metrics import BOUNDS
from zc.async_.metrics import QueueFigures
from zc.async_.metrics import process
from zc.async_.monitor import tools
from zc.async_.monitor.encoder import moment
from zc.async_.monitor.interfaces import Connection
from zc.async_.monitor.intervals import parse_moment
from zc.async_.monitor.tools import parse_number
from zc.async_.reporting import Threads


__all__ = ["async_", "funcs"]

INTRO = """\
Tell about the dispatcher of this process.
Usage: async TOOL [WORD...] [NAME:VALUE...], with one of these tools
("async help TOOL" tells more about one)"""


def status(uuid: str | None = None) -> dict[str, Any]:
    """Show whether the dispatcher runs, and since when.

    Usage: status [uuid:UUID]

    The answer has "status" (STARTING, RUNNING, STUCK or STOPPED), "poll
    interval", "time since last poll", "uptime" and "uuid".
    """
    return find(uuid).getStatusInfo()


def health(uuid: str | None = None) -> dict[str, Any]:
    """Show whether the dispatcher is alive, and whether it is ready to run jobs.

    Usage: health [uuid:UUID]

    "live" is false if only another start of the process could help: it hangs, or
    its passes fail. "ready" is false as well while the database server is away.
    "words" tell what the matter is.
    """
    live, ready = liveness(find(uuid)), readiness(find(uuid))
    return {"live": live.ok, "ready": ready.ok, "words": {"live": live.words, "ready": ready.words}}


def metrics(uuid: str | None = None) -> dict[str, Any]:
    """Show how much this process has done since it started, and how many threads are busy.

    Usage: metrics [uuid:UUID]

    "outcomes" are runs of jobs; "start latency" is how long they were due before
    they started.  "counts" say how often something took no longer than each of
    the "bounds", and at last in all; "seconds" are their sum.  The "conflicts"
    are those of commits: of jobs, and of claims.
    """
    threads = find(uuid).getThreads()
    figures = process.figures(threads)
    queues = {name: _told_of_queue(each, threads.get(name)) for name, each in figures.queues.items()}
    return {"bounds": BOUNDS, "conflicts": figures.conflicts, "queues": queues}


def _told_of_queue(figures: QueueFigures, threads: Threads | None) -> dict[str, Any]:
    return {
        "outcomes": figures.outcomes,
        "start latency": figures.start_latency._asdict(),
        "run time": figures.run_time._asdict(),
        "retries": figures.retries,
        "rescues": figures.rescues,
        "threads": (threads or Threads(0, 0))._asdict(),
    }


def jobs(queue: str | None = None, agent: str | None = None, uuid: str | None = None) -> list[JobId]:
    """List the jobs that are in worker threads now.

    Usage: jobs [queue:NAME] [agent:NAME] [uuid:UUID]

    The answer is an array of ids, those that began last first.
    """
    return find(uuid).getActiveJobIds(queue, agent)


def job(OID: str, database: str | None = None, uuid: str | None = None) -> dict[str, Any]:
    """Show what the dispatcher remembers of a job.

    Usage: job OID [DATABASE] [uuid:UUID]

    The database is needed only if jobs of several have that number.  Jobs in
    work are known, and the newest 200 that ended.
    """
    return find(uuid).getJobInfo(parse_number(OID, "OID"), database)


def jobstats(
    at: str | None = None,
    before: str | None = None,
    since: str | None = None,
    queue: str | None = None,
    agent: str | None = None,
    uuid: str | None = None,
) -> dict[str, Any]:
    """Show how many jobs were started and what came of them.

    Usage: jobstats [at:TIME|before:TIME] [since:TIME] [queue:NAME] [agent:NAME] [uuid:UUID]

    A TIME is an interval ago, such as 30S or 1H30M, or the key of a poll.  The
    jobs are those of the remembered polls at or before "at", or before
    "before", and not older than "since".  "shortest" and "longest" are ids.
    "statistics start" is the time of the newest poll, "statistics end" that of
    the oldest.  "unknown" are jobs that are forgotten, or were taken away.
    """
    limits = [parse_moment(limit) for limit in (at, before, since)]
    return find(uuid).getStatistics(*limits, queue, agent)


def poll(at: str | None = None, before: str | None = None, uuid: str | None = None) -> dict[str, Any]:
    """Show what the dispatcher saw and did when it looked for jobs.

    Usage: poll [at:TIME|before:TIME] [uuid:UUID]

    A TIME is an interval ago, such as 30S or 1H30M, or the key of a poll.  By
    default it is the newest poll.  "results" has each queue with its agents;
    null stands for a queue that the dispatcher does not work on.
    """
    return _shown(find(uuid).getPollInfo(parse_moment(at), parse_moment(before)))


def polls(
    at: str | None = None,
    before: str | None = None,
    since: str | None = None,
    count: str | None = None,
    uuid: str | None = None,
) -> list[dict[str, Any]]:
    """Show several polls, newest first.

    Usage: polls [at:TIME|before:TIME] [since:TIME] [count:NUMBER] [uuid:UUID]

    Times are those of "poll".  Without "since", "count" is 3; 0 stands for all.
    """
    limits = [parse_moment(limit) for limit in (at, before, since)]
    number = parse_number(count, "count") if count is not None else 3 if since is None else 0
    return [_shown(each) for each in find(uuid).iterPolls(*limits, number or None)]


def _shown(poll: PollInfo) -> dict[str, Any]:
    results = {
        queue: agents and {name: {**agent, "error": _told(agent["error"])} for name, agent in agents.items()}
        for queue, agents in poll.items()
    }
    return {"key": poll.key, "time": poll.utc_timestamp, "results": results}


def _told(error: Any) -> str | None:
    """What kept an agent from choosing jobs, in a few lines."""
    return None if error is None else error.getBriefTraceback()


def UUID() -> str:
    """Show the UUID of this instance.

    Usage: UUID
    """
    return str(instanceuuid.current())


def utcnow() -> str:
    """Show the current time in UTC.

    Usage: utcnow
    """
    return moment(datetime.now(timezone.utc))


def help(cmd: str | None = None) -> str:
    """List the tools, or tell about one.

    Usage: help [TOOL]
    """
    return tools.tool_help(funcs, INTRO, cmd)


def find(uuid: str | None) -> Any:
    """The dispatcher asked for, by default that of this instance."""
    try:
        wanted = instanceuuid.current() if uuid is None else UUIDType(uuid)
    except ValueError:
        raise tools.ToolError(f"[Not a UUID: {uuid}]") from None
    found = dispatcher.get(wanted)
    if found is None:
        raise tools.ToolError(f"[No dispatcher {wanted} runs in this process]")
    return found


funcs: dict[str, Callable[..., Any]] = {
    "UUID": UUID,
    "health": health,
    "help": help,
    "job": job,
    "jobs": jobs,
    "jobstats": jobstats,
    "metrics": metrics,
    "poll": poll,
    "polls": polls,
    "status": status,
    "utcnow": utcnow,
}


def async_(connection: Connection, cmd: str | None = None, *raw: str) -> None:
    """Tell about the dispatcher of this process.

    "async" lists the tools; "async help TOOL" tells about one.
    """
    tools.monitor(funcs, INTRO, connection, cmd, raw)
