"""Finds out whether a job can be stored, and names the part that cannot: at the call, or in the end its result."""

from __future__ import annotations

import io
from typing import Any

from persistent import Persistent
from zodbpickle import pickle

from zc.async_.describe import custom_repr
from zc.async_.interfaces import JobNotPicklable


PICKLING_ERRORS = (pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError)
"""What ``pickle`` and ``__reduce__`` methods raise for what cannot be pickled."""

ADVICE = {
    "callable": "use a function that can be imported by its name, not a lambda or a function within a function",
    "argument": "pass plain data, or the path, UID or id of what you mean",
    "the result": "return plain data, or the path, UID or id of what you mean",
}


PROTOCOL = 3
"""The protocol that ZODB writes; it knows fewer things than today's default."""


class StoragePickler(pickle.Pickler):
    """Pickles as the database does: persistent objects become references."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, PROTOCOL)

    def persistent_id(self, obj: Any) -> Any:
        """Any true value stands for a reference. By ``type``: what only pretends to be persistent is not stored."""
        return "reference" if issubclass(type(obj), Persistent) else None


def picklable(value: Any) -> Exception | None:
    """None if the database can store the value, else the reason why it cannot."""
    try:
        StoragePickler(io.BytesIO()).dump(value)
    except PICKLING_ERRORS as error:
        return error
    return None


def check_picklable(callable: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise :class:`JobNotPicklable` naming the part that cannot be stored.

    All parts are tried together first: the usual good case costs one pickling of small data.
    """
    if picklable((callable, args, kwargs)) is None:
        return
    parts = {"callable": callable}
    parts.update({f"args[{index}]": value for index, value in enumerate(args)})
    parts.update({f"kwargs[{name!r}]": value for name, value in kwargs.items()})
    for name, value in parts.items():
        reason = picklable(value)
        if reason is not None:
            raise _complaint(name, value, reason)


def unstorable(result: Any) -> JobNotPicklable:
    """What is wrong with a job's result that the database cannot store."""
    return _complaint("the result", result, picklable(result))


def _complaint(name: str, value: Any, reason: Exception | None) -> JobNotPicklable:
    advice = ADVICE.get(name, ADVICE["argument"])
    return JobNotPicklable(f"{name} cannot be stored in the database: {custom_repr(value)} ({reason}); {advice}")
