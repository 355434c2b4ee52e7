"""Whether workers can import what jobs are to run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from itertools import chain
from itertools import islice
from typing import TYPE_CHECKING

from plone.app.async_.overview.diagnosis.finding import Finding
from plone.app.async_.overview.diagnosis.finding import name_of
from plone.app.async_.overview.diagnosis.quotas import waiting_jobs
from plone.app.async_.overview.failure import failure_text
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.listing import Search
from plone.app.async_.overview.query import Query
from plone.app.async_.overview.scope import EVERYTHING
from plone.app.async_.overview.states import State
from zc.async_ import absent
from zc.async_.errors import NotImportable


if TYPE_CHECKING:
    from zc.async_.job import Job
    from zc.async_.queue import Queue

RECENT = timedelta(days=1)
WINDOW = 500
"""Jobs that ended last, which are looked at."""


def failed(queue: Queue, now: datetime) -> Iterator[Finding]:
    """Jobs failed within a day since their worker could not import something, and were not tried again."""
    query = Query(states=frozenset({State.FAILED}), since=now - RECENT)
    ended = islice(chain.from_iterable(Search([queue], EVERYTHING, now).runs(query)), WINDOW)
    matching = [job for job in ended if query.matches(job, now) and job.result.check(NotImportable)]
    for message, jobs in _by_message(matching).items():
        yield Finding(
            "not-importable",
            True,
            f"Jobs in {name_of(queue)} failed: {message}.",
            "The worker lacks an add-on or has an older version of it than the process that queued the jobs; or the "
            "function has been renamed since.",
            "Install the same packages in all workers and start them again; then retry these jobs.",
            queue.name,
            tuple(id_of(job) for job in jobs[:5]),
        )


def waiting(queue: Queue, now: datetime) -> Iterator[Finding]:
    """Jobs wait that name something which this process, and so perhaps the workers, cannot import."""
    found: dict[str, list[Job]] = {}
    for job in waiting_jobs(queue):
        try:
            absent.check(job)
        except NotImportable as error:
            found.setdefault(str(error).partition(";")[0].replace("this worker", "this program"), []).append(job)
    for message, jobs in found.items():
        yield Finding(
            "not-importable-here",
            False,
            f"Jobs wait in {name_of(queue)}, of which {message}.",
            "If the workers have the same packages as this program, the jobs will fail.",
            "Run this program where a worker runs, such as by bin/instance async check. If it says the same there, "
            "install what is missing.",
            queue.name,
            tuple(id_of(job) for job in jobs[:5]),
        )


def _by_message(jobs: list[Job]) -> dict[str, list[Job]]:
    found: dict[str, list[Job]] = {}
    for job in jobs:
        failure = failure_text(job.result)
        found.setdefault("" if failure is None else failure.message.partition(";")[0], []).append(job)
    return found
