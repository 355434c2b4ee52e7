"""Empties the queues: waits for all that is due, or runs it here. For tests and scripts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import clock
from zc.async_.errors import JobsFailed
from zc.async_.errors import JobsLeft
from zc.async_.failures import isFailure
from zc.async_.inline import InlineDispatcher
from zc.async_.inline import at_work
from zc.async_.inline import inline_dispatcher
from zc.async_.interfaces import KEY
from zc.async_.whereabouts import readable


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.dispatcher import Dispatcher
    from zc.async_.job import Job
    from zc.async_.queue import Queue

PAUSE = 0.01
"""Seconds between two looks."""

NO_TIME = timedelta()


def drain(connection: Connection, seconds: float = 6, ahead: timedelta = NO_TIME) -> None:
    """Come back when all jobs that are due are done, and what they queued; :class:`JobsLeft` after ``seconds``.

    If dispatchers of this process work on the database, they do it, and this waits for them; else it is done here, in
    the calling thread. ``ahead`` is how much later it is meanwhile, so that delayed jobs are due. Begins transactions
    of the connection. Jobs in paused queues do not count.
    """
    with clock.ahead(ahead):
        workers = at_work(connection.db())
        inline = [each for each in workers if isinstance(each, InlineDispatcher)]
        if inline:
            inline[0].run_due(seconds)
        elif workers:
            _wait_for(workers, connection, seconds)
        else:
            with inline_dispatcher(connection.db()) as dispatcher:
                dispatcher.run_due(seconds)
        left = due_jobs(connection)
    if left:
        lines = "\n".join(f"    {job.title} ({job.status})" for job in left)
        raise JobsLeft(f"{len(left)} jobs were not done within {seconds:g} seconds:\n{lines}")


def _wait_for(workers: list[Dispatcher], connection: Connection, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for worker in workers:
        worker.wake()
    # A thread is at work until a job's end is announced, which may queue jobs: so threads first, then the queues.
    while any(worker.getActiveJobIds() for worker in workers) or due_jobs(connection):
        if time.monotonic() > deadline:
            return
        time.sleep(PAUSE)


def queues_of(connection: Connection) -> list[Queue]:
    """All queues of the database of a connection, as its present transaction sees them."""
    return list((connection.root().get(KEY) or {}).values())


def due_jobs(connection: Connection) -> list[Job]:
    """The jobs that somebody works on, or may start now, or let go on. Begins a transaction of the connection.

    Those whose class is absent in this process are not looked at: nobody here can run them.
    """
    connection.transaction_manager.begin()
    now = clock.to_micros(clock.now())
    found: dict[bytes, Job] = {}
    for queue in queues_of(connection):
        jobs = [job for record in queue.dispatchers.values() for agent in record.values() for job in agent]
        if not queue.paused:
            jobs += [job for job in readable(queue) if job.not_before <= now]
            waiters = itertools.chain(queue.watched.values(), *queue.resumed.values())
            jobs += [job for job in readable(waiters) if job.awaits_claim(queue)]
        found.update((job._p_oid, job) for job in jobs)
    return list(found.values())


def ended_jobs(connection: Connection) -> list[Job]:
    """The jobs that have ended and are not forgotten yet, in the order in which they ended."""
    jobs: list[Job] = []
    for queue in queues_of(connection):
        jobs += queue.cancelled
        for record in queue.dispatchers.values():
            for agent in record.values():
                jobs += [*agent.completed, *agent.ended()]
    return sorted(jobs, key=_end)


def _end(job: Job) -> Any:
    return job.active_end or clock.EPOCH


def raise_failures(jobs: Iterable[Job]) -> None:
    """Raise :class:`JobsFailed` with the tracebacks of the jobs that failed, from the exception of the first."""
    failed = [job for job in jobs if isFailure(job.result)]
    if failed:
        texts = "\n\n".join(f"{job.title}\n{job.result.getTraceback()}" for job in failed)
        raise JobsFailed(f"{len(failed)} jobs failed:\n\n{texts}") from failed[0].result.value
