"""The tools of ``asyncdb``; their docstrings are what operators read."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from itertools import chain
from itertools import islice
from typing import TYPE_CHECKING
from typing import Any

from ZODB.interfaces import IConnection

from zc.async_.failures import isFailure
from zc.async_.interfaces import KEY
from zc.async_.monitor.interfaces import ToolError
from zc.async_.monitor.tools import parse_number
from zc.async_.monitordb.figures import summarize
from zc.async_.monitordb.filters import Filters
from zc.async_.monitordb.filters import matches
from zc.async_.monitordb.filters import parse_uuid
from zc.async_.monitordb.groups import Ended
from zc.async_.monitordb.groups import Pending
from zc.async_.monitordb.groups import groups
from zc.async_.monitordb.states import parse_states
from zc.async_.monitordb.summary import jobsummary
from zc.async_.monitordb.summary import parse_display
from zc.async_.monitordb.workers import describe_queue
from zc.async_.whereabouts import job_of_number


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.queue import Queue

DETAILS = ("brief", "default", "verbose")
NOT_OF_PENDING = ("callbacks_completed", "end", "start")


def UUIDs(context: Any) -> list[str]:
    """List the dispatchers that are activated.

    Usage: UUIDs

    The answer is an array of UUIDs, whatever queues they work on.
    """
    records = (record for queue in _queues(context).values() for record in queue.dispatchers.values())
    return sorted({str(record.UUID) for record in records if record.activated is not None})


def status(context: Any, queue: str | None = None, agent: str | None = None, uuid: str | None = None) -> dict[str, Any]:
    """Show the queues with their dispatchers and agents.

    Usage: status [queue:PATTERN] [agent:PATTERN] [uuid:PATTERN|uuid:THIS]

    Of each queue, "len" is how many jobs are pending; of each agent, how many
    are in its hands.  Only activated dispatchers are shown.  A dispatcher that
    is "dead" has shown no sign of life for too long.
    """
    wanted = None if uuid is None else parse_uuid(uuid)
    return {
        name: describe_queue(each, lambda found: matches(found, wanted), lambda found: matches(found, agent))
        for name, each in _queues(context).items()
        if matches(name, queue)
    }


def jobs(
    context: Any, *states: str, display: str = "default", count: str | None = None, **filters: str
) -> Iterator[Any]:
    """List the jobs in these states that fulfil all filters.

    Usage: jobs STATE... [FILTER...] [display:default|repr|details] [count:NUMBER]

    States: pending, assigned, active, callbacks, and at most one of completed,
    succeeded and failed.

    Filters:
      callable:PATTERN            name of the function; without a dot in the
                                  pattern, the last part of the name
      queue:PATTERN               name of the queue
      agent:PATTERN               name of the agent
      uuid:PATTERN, uuid:THIS     UUID of the dispatcher; THIS is this process
      requested_start:PERIOD      when the job may or might have begun
      start:PERIOD                when it was started
      end:PERIOD                  when it returned or failed
      callbacks_completed:PERIOD  when it was completed

    A PATTERN may have *, ? and [].  A PERIOD is sinceINTERVAL, beforeINTERVAL,
    or both with a comma; an INTERVAL is like 2D, 3H, 10M, 30S, or 1H30M, and
    counts back from now.  A job to which that has not happened yet is left out.
    For pending jobs, agent and uuid mean those that would be accepted there.

    Jobs are shown as ids, in a line (repr), or in all details.  Pending ones
    come first, in the order of their queues; then those in the hands of
    agents, those first that were started first; then completed ones, the
    newest first.  "count" ends the list; 0 stands for all.
    """
    show = parse_display(display)
    number = None if count is None else parse_number(count, "count") or None
    found = chain.from_iterable(groups(_queues(context).values(), parse_states(states), Filters(**filters)))
    return (show(job) for job in islice(found, number))


def count(context: Any, *states: str, **filters: str) -> int:
    """Count the jobs in these states that fulfil all filters.

    Usage: count STATE... [FILTER...]

    States and filters are those of "jobs".
    """
    found = groups(_queues(context).values(), parse_states(states), Filters(**filters))
    return sum(group.count() for group in found)


def jobstats(context: Any, *states: str, display: str = "default", **filters: str) -> dict[str, Any]:
    """Count jobs by state, and show which waited and ran longest and shortest.

    Usage: jobstats STATE... [FILTER...] [display:default|repr|details]

    States, filters and display are those of "jobs".  Of a job that was never
    started, only the waiting is looked at.
    """
    show = parse_display(display)
    found = groups(_queues(context).values(), parse_states(states), Filters(**filters))
    return summarize(chain.from_iterable(found), show)


def job(context: Any, oid: str, database: str | None = None) -> dict[str, Any]:
    """Show a job in all details.

    Usage: job OID [DATABASE]

    An id is the number of the job and the name of its database, which is by
    default that of the queues.
    """
    return jobsummary(_find(context, oid, database))


def traceback(context: Any, oid: str, database: str | None = None, detail: str = "default") -> str | None:
    """Show the traceback of a failed job.

    Usage: traceback OID [DATABASE] [detail:brief|default|verbose]

    The answer is null for a job that has not failed.
    """
    if detail not in DETAILS:
        raise ValueError(f'detail must be one of "brief", "default", or "verbose", not {detail!r}')
    result = _find(context, oid, database).result
    return result.getTraceback(detail=detail) if isFailure(result) else None


def nextpending(context: Any, **filters: str) -> dict[str, Any] | None:
    """Show the job that will be claimed next.

    Usage: nextpending [FILTER...]

    It is the first that may start now; while there is none, the first in line.
    The filters are those of "jobs", without start, end and callbacks_completed.
    """
    unsupported = sorted(set(filters).intersection(NOT_OF_PENDING))
    if unsupported:
        raise ValueError(f"unsupported filters: {', '.join(unsupported)}")
    wanted = Filters(**filters)
    found = Pending(wanted.queues(_queues(context).values()), wanted).next()
    return None if found is None else jobsummary(found)


def lastcompleted(context: Any, **filters: str) -> dict[str, Any] | None:
    """Show the job that was completed last.

    Usage: lastcompleted [FILTER...]

    The filters are those of "jobs".
    """
    wanted = Filters(**filters)
    found = next(iter(Ended(wanted.queues(_queues(context).values()), wanted, "completed")), None)
    return None if found is None else jobsummary(found)


def _queues(context: Any) -> Mapping[str, Queue]:
    """The queues by name; none before the first worker has started."""
    return IConnection(context).root().get(KEY) or {}


def _find(context: Any, oid: str, database: str | None) -> Job:
    connection = IConnection(context)
    queues = connection.root().get(KEY)
    connection = connection if queues is None else queues._p_jar
    if database is not None:
        if database not in connection.db().databases:
            raise ToolError(f"[There is no database {database!r}]")
        connection = connection.get_connection(database)
    found = job_of_number(connection, parse_number(str(oid), "OID"))
    if found is None:
        raise ToolError(f"[There is no job {oid} in the database {connection.db().database_name!r}]")
    return found
