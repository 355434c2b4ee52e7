"""Which job a log record belongs to: ``job_id`` in formats.

Both do the same: a filter is for handlers that are made by code or by a dictionary, a formatter for configuration
files, which know no filters. The job is that of the thread that handles the record, as handlers do where they are
called; behind a queue, the filter belongs on the handler that puts records into it.
"""

from __future__ import annotations

import logging
from typing import Any

from ZODB.utils import u64

from zc.async_.threadlocal import local


NO_JOB = "-"
"""What stands where no job runs."""


def current_job_id() -> str:
    """The id of the job (or callback) that this thread runs, as in logs and faces; loads nothing."""
    oid: Any = None if local.job is None else local.job._p_oid
    return NO_JOB if oid is None else str(u64(oid))


def mark(record: logging.LogRecord) -> None:
    """Give a record its ``job_id``, unless it has one."""
    if not hasattr(record, "job_id"):
        record.job_id = current_job_id()


class JobIdFilter(logging.Filter):
    """Gives each record its ``job_id``; lets all pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mark the record."""
        mark(record)
        return True


class JobIdFormatter(logging.Formatter):
    """A formatter in whose format ``%(job_id)s`` may stand."""

    def format(self, record: logging.LogRecord) -> str:
        """Mark the record, and format it."""
        mark(record)
        return super().format(record)
