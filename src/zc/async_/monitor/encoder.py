"""How the monitor writes values as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import Any
from uuid import UUID

from ZODB.utils import u64

from zc.async_.describe import custom_repr
from zc.async_.interfaces import IJob


__all__ = ["Encoder", "duration", "encoder", "moment"]


class Encoder(json.JSONEncoder):
    """Knows times, UUIDs and jobs; describes in words whatever else is no JSON."""

    def default(self, o: Any) -> Any:
        if isinstance(o, timedelta):
            return duration(o)
        if isinstance(o, datetime):
            return moment(o)
        if isinstance(o, UUID):
            return str(o)
        if isinstance(o, Iterator):
            return list(o)
        if IJob.providedBy(o) and getattr(o, "_p_jar", None) is not None:
            return job_id(o)
        return custom_repr(o)


def job_id(job: Any) -> list[int | str]:
    """The number of a stored job, and the name of its database."""
    return [u64(job._p_oid), job._p_jar.db().database_name]


def duration(delta: timedelta) -> dict[str, float]:
    """The parts of a duration that are not zero; of a negative one, all negative."""
    sign = -1 if delta < timedelta() else 1
    delta = abs(delta)
    minutes, seconds = divmod(delta.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts: dict[str, float] = {
        "days": delta.days,
        "hours": hours,
        "minutes": minutes,
        "seconds": seconds + delta.microseconds / 1_000_000,
    }
    return {name: sign * part for name, part in parts.items() if part} or {"seconds": 0.0}


def moment(when: datetime) -> str:
    """ISO 8601 in UTC with ``Z``; a naive time is taken as UTC."""
    if when.tzinfo is not None:
        when = when.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{when.isoformat()}Z"


encoder = Encoder(sort_keys=True, indent=4)
