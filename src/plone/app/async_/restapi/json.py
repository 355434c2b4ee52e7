"""The read model's data as JSON: times in ISO 8601 with their zone, durations in seconds, messages translated."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from enum import Enum
from typing import Any

from zope.i18n import translate
from zope.i18nmessageid import Message


def to_json(value: Any, request: Any) -> Any:
    """Dataclasses become objects with the same names; nothing else than plain data is expected."""
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
