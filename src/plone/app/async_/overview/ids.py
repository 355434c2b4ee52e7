"""Ids of jobs: the decimal number of the object, as in logs and in the monitor. Faces treat them as opaque."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

from ZODB.utils import u64

from zc.async_.whereabouts import job_of_number


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.job import Job

IS_ID = re.compile("[1-9][0-9]{0,19}").fullmatch


def id_of(job: Job) -> str:
    """The id of a stored job; loads nothing."""
    return str(u64(job._p_oid))


def load_job(connection: Connection, job_id: Any) -> Job | None:
    """The job of that id, whosever it is; None for what is no id, no object or no job."""
    return job_of_number(connection, int(job_id)) if isinstance(job_id, str) and IS_ID(job_id) else None
