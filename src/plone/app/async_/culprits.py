"""Which part of a value is to blame: ``args[0]['items'][3].request``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from Acquisition import aq_base
from persistent import Persistent

from plone.app.async_.misfits import Misfit


Problem = Callable[[Any], Exception | None]


def find_culprit(name: str, value: Any, error: Exception, problem: Problem) -> tuple[str, Any, Exception]:
    """The innermost part of a value that has a problem by itself: how to get at it, the part, and its problem.

    ``error`` is the problem of the value; a ``Misfit`` of the value itself needs no search. What is nested too deeply
    is not searched, for each part of it is, too.
    """
    seen = {id(value)}
    while not isinstance(error, RecursionError) and not _is_about(error, value):
        for part_name, part in _parts(name, value):
            found = None if id(part) in seen else problem(part)
            if found is not None:
                seen.add(id(part))
                name, value, error = part_name, part, found
                break
        else:
            break
    return name, value, error


def _is_about(error: Exception, value: Any) -> bool:
    return isinstance(error, Misfit) and error.value is value


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if aq_base(value) is not value or isinstance(value, (type, Persistent)):
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"a key of {name}", key
            yield f"{name}[{key!r}]", item
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield f"{name}[{index}]", item
    elif isinstance(value, (set, frozenset)):
        for item in value:
            yield f"an item of {name}", item
    for attribute, item in getattr(value, "__dict__", {}).items():
        yield f"{name}.{attribute}", item
