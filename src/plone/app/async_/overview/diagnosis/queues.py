"""Whether jobs that are due are taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from plone.app.async_.overview.diagnosis.finding import Finding
from plone.app.async_.overview.diagnosis.finding import name_of
from plone.app.async_.overview.diagnosis.finding import seconds
from plone.app.async_.overview.diagnosis.finding import sentence
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.reasons import reasons_of
from plone.app.async_.overview.states import State
from plone.app.async_.overview.states import state_of
from zc.async_.whereabouts import waiting_runs


if TYPE_CHECKING:
    from zc.async_.queue import Queue

PATIENCE = timedelta(minutes=1)
"""How long a job may be due while a worker has nothing to do."""


def paused(queue: Queue, now: datetime) -> Iterator[Finding]:
    """A paused queue has jobs that wait."""
    if queue.paused and len(queue):
        by = next((deed for deed in queue.history or () if deed.what == "pause"), None)
        whose = "" if by is None else f" {by.who} paused it {seconds(now - by.time)} ago."
        yield Finding(
            "paused",
            True,
            f"{sentence(name_of(queue))} is paused; jobs that wait in it: {len(queue):,}.{whose}",
            "No worker takes jobs from a paused queue.",
            "Once that has its reason no more: plone-async resume" + (f" {queue.name}" if queue.name else ""),
            queue.name,
        )


def nobody_takes(queue: Queue, now: datetime) -> Iterator[Finding]:
    """The job that is next has been due for long, and nothing that is known keeps it waiting."""
    for run in islice(waiting_runs([queue]), 1):
        due = [job for job in run if state_of(job, now) is State.WAITING and now - (job.begin_after or now) > PATIENCE]
        stuck = [job for job in due if not any(reasons_of(job, now))]
        if stuck:
            waited = now - min(job.begin_after or now for job in stuck)
            yield Finding(
                "nobody-takes",
                True,
                f"A job in {name_of(queue)} has been due for {seconds(waited)}, though a worker has free threads.",
                "The agents of the workers have filters or choosers that leave it out, or the worker's poll hangs.",
                "Look at the agents (plone-async workers) and at the log of a worker.",
                queue.name,
                tuple(id_of(job) for job in stuck[:5]),
            )
