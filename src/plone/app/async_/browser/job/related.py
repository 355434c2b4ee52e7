"""The jobs that a job has to do with, in the reader's words."""

from __future__ import annotations

from plone.app.async_ import _
from plone.app.async_.overview.details import JobDetails


def relations_of(job: JobDetails) -> list[tuple[str, tuple[str, ...]]]:
    """Titles and ids; the parts of a batch, which it waits for, are told once."""
    awaited = tuple(each for each in job.waits_for if each not in job.parts)
    found: list[tuple[str, tuple[str, ...]]] = [
        (_("related_caller", default="It is a callback of"), (job.caller,) if job.caller else ()),
        (_("related_parts", default="Parts of this batch"), job.parts),
        (_("related_waiters", default="It is waited for by"), job.waited_for_by),
        (_("related_awaited", default="It waits for"), awaited),
        (_("related_callbacks", default="Callbacks"), job.callbacks),
    ]
    return [(title, ids) for title, ids in found if ids]
