"""What a job names and this process cannot import: it is kept by its name, and refused when the job is to run.

For each such name the database makes a class, which it could not store. So nobody could end a job whose function a new
version of an add-on does not have any more; and the worker that claimed it could do nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from persistent import Persistent
from ZODB.broken import Broken
from ZODB.broken import find_global

from zc.async_.copies import COPY_ERRORS
from zc.async_.copies import copied
from zc.async_.copies import visit
from zc.async_.errors import NotImportable


if TYPE_CHECKING:
    from zc.async_.job import Job

MAKERS = ("ZODB.broken", "OFS.Uninstalled")
"""The modules with the common bases of classes that stand for what is absent."""


class ByName:
    """Stands for what is absent where it is stored; read again, it is the real thing in processes that have it."""

    def __init__(self, cls: type) -> None:
        self._name = cls.__module__, cls.__name__

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return find_global, self._name


def storable(state: Any) -> Any:
    """The state of an object to be stored: a copy, if there is something absent in it."""
    if not _is_possible():
        return state

    def by_name(obj: Any) -> Any:
        return ByName(obj) if _is_absent(obj) else _unless_persistent(obj)

    try:
        return copied(state, by_name)
    except COPY_ERRORS:
        return state  # to store it will tell why it cannot be stored


def check(job: Job) -> None:
    """Raise :class:`NotImportable`, with the names, if the job names something that is absent in this process."""
    call = job._callable, job._args, job._kwargs  # loads the job, and so finds what is absent
    names: dict[str, None] = {}

    def look(obj: Any) -> Any:
        kind = obj if isinstance(obj, type) else type(obj)
        if _is_absent(kind):
            names[f"{kind.__module__}.{kind.__name__}"] = None
            return obj
        return _unless_persistent(obj)

    if _is_possible():
        visit(call, look)
    if names:
        raise NotImportable(
            f"this worker cannot import {', '.join(names)}; try the job again once it has the add-on with that"
        )


def _is_possible() -> bool:
    """Whether anything at all was found absent in this process so far."""
    return any(_is_absent(kind) for kind in _kinds(Broken))


def _kinds(base: type) -> list[type]:
    children: list[type] = base.__subclasses__()
    return [kind for each in children for kind in (each, *_kinds(each))]


def _is_absent(obj: Any) -> bool:
    return isinstance(obj, type) and issubclass(obj, Broken) and obj.__module__ not in MAKERS


def _unless_persistent(obj: Any) -> Any:
    return obj if issubclass(type(obj), Persistent) else None
