"""Ids of jobs: the decimal number of the object, as in logs and in the monitor. Faces treat them as opaque."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

from ZODB.POSException import POSKeyError
from ZODB.utils import p64
from ZODB.utils import u64

from zc.async_.terms import is_job


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.job import Job

IS_ID = re.compile("[1-9][0-9]{0,19}").fullmatch

HIGHEST = 2**64 - 1


def id_of(job: Job) -> str:
    """The id of a stored job; loads nothing."""
    return str(u64(job._p_oid))


def load_job(connection: Connection, job_id: Any) -> Job | None:
    """The job of that id, whosever it is; None for what is no id, no object or no job.

    The database tells the class of an object before its state is read, so the state of other objects stays unread.
    """
    if not isinstance(job_id, str) or not IS_ID(job_id) or int(job_id) > HIGHEST:
        return None
    try:
        found = connection.get(p64(int(job_id)))
    except POSKeyError:
        return None
    return found if is_job(found) else None
