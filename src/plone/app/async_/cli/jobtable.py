"""Jobs as rows of a table."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text

from plone.app.async_.cli.output import Column
from plone.app.async_.cli.output import coloured
from plone.app.async_.cli.texts import NOTHING
from plone.app.async_.cli.texts import span
from plone.app.async_.forms.filters import queue_word
from plone.app.async_.overview.summary import JobSummary


COLUMNS = (
    Column("ID"),
    Column("STATE"),
    Column("CALLABLE", is_long=True),
    Column("USER", 70, is_long=True),
    Column("SITE", 90, is_long=True),
    Column("QUEUE", 140),
    Column("AGE", is_number=True),
    Column("WAITED", 80, is_number=True),
    Column("RAN", is_number=True),
    Column("REMARK", 120, is_long=True),
)

WIDE = 120
"""Columns of a terminal that has room for whole names of functions."""


def row(job: JobSummary, now: datetime, width: int) -> tuple[str | Text, ...]:
    """A job as a row of ``COLUMNS``."""
    return (
        job.id,
        coloured(job.state),
        job.callable if width >= WIDE else short_name(job.callable),
        job.user_id or NOTHING,
        job.site or NOTHING,
        queue_word(job.queue),
        span(None if job.queued is None else now - job.queued),
        span(job.waited),
        span(job.ran),
        remark(job),
    )


def short_name(callable_name: str) -> str:
    """The end of a dotted name: module and function."""
    return ".".join(callable_name.split(".")[-2:])


def remark(job: JobSummary) -> str:
    """How far an active job is, or what went wrong with one that failed."""
    if job.progress is None:
        return job.failure or NOTHING
    percent = [] if job.progress.percent is None else [f"{job.progress.percent}%"]
    return " ".join([*percent, job.progress.text]).strip() or NOTHING
