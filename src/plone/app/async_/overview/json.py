"""The read model's data for JSON: times in ISO 8601 with their zone, durations in seconds, messages translated."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING
from typing import Any

from zope.i18n import translate
from zope.i18nmessageid import Message


if TYPE_CHECKING:
    from plone.app.async_.overview.details import JobDetails
    from plone.app.async_.overview.summary import JobSummary


def to_json(value: Any, request: Any = None) -> Any:
    """Dataclasses become objects with the same names; nothing else than plain data is expected.

    Without a request messages are in English.
    """
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Message):
        return translate(value, context=request)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name), request) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {to_json(name, request): to_json(item, request) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item, request) for item in value]
    return value


def summary_data(job: JobSummary, request: Any = None) -> dict[str, Any]:
    """A job in a list."""
    return {**to_json(job, request), "state_title": to_json(job.state.title, request)}


def details_data(job: JobDetails, request: Any = None) -> dict[str, Any]:
    """All about a job, in one object with its summary; the failure is an object, with its frames and the traceback."""
    details = to_json(job, request)
    del details["summary"]
    data = {**summary_data(job.summary, request), **details}
    if job.failure is not None:
        data["failure"]["traceback"] = job.failure.traceback
    return data
