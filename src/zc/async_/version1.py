"""The queues that version 1 left in a database: what is still to do in them, and a way to be rid of them.

They cannot be worked on here. Their objects are never loaded: their classes are gone or have become others. What is
needed is read from the records.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import MutableMapping
from io import BytesIO
from typing import Any

from persistent import Persistent
from ZODB._compat import PersistentUnpickler
from ZODB.serialize import get_refs
from ZODB.utils import get_pickle_metadata
from ZODB.utils import load_current

from zc.async_.interfaces import KEY


OWN = ("zc.async", "zc.async_", "plone.app.async", "plone.app.async_")
CARRIERS = ("BTrees", "persistent", "zc.blist", "zc.dict", "zc.queue", "zope.bforest", "zope.minmax")
"""Packages of the objects that the queues of version 1 are made of; the content that jobs name is not looked at."""

COMPLETED = 3
"""What such a job has as its ``_status_id`` when all is done."""


def has_queues(root: Mapping[str, Any]) -> bool:
    """Whether the root of a database has queues, and they are of version 1."""
    return KEY in root and "_children" not in _state(_record(root[KEY]))


def unfinished_jobs(root: Mapping[str, Any]) -> int:
    """How many jobs in queues of version 1 are not completed; batches and callbacks count each step.

    Reads all their records. ``ValueError`` if there are no such queues.
    """
    _check(root)
    return sum(_state(record).get("_status_id") != COMPLETED for record in _job_records(root[KEY]))


def drop_queues(root: MutableMapping[str, Any]) -> None:
    """Take queues of version 1 out of the root, with all that is in them. The caller commits.

    ``ValueError`` if there are no such queues: those of this version are never dropped. The next pack of the database
    removes what nothing else refers to.
    """
    _check(root)
    del root[KEY]


def _check(root: Mapping[str, Any]) -> None:
    if not has_queues(root):
        raise ValueError(f"this database has no queues of version 1 as {KEY!r} in its root")


def _job_records(container: Persistent) -> Iterator[bytes]:
    """The records of the jobs that can be reached from a container without passing content."""
    storage = container._p_jar.db().storage
    seen: set[bytes] = set()
    waiting = [container._p_oid]
    while waiting:
        oid = waiting.pop()
        if oid in seen:
            continue
        seen.add(oid)
        record, _ = load_current(storage, oid)
        module, name = get_pickle_metadata(record)
        if name == "Job" and _is_below(module, OWN):
            yield record
        if _is_below(module, OWN + CARRIERS):
            waiting += [oid for oid, _ in get_refs(record)]


def _is_below(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _record(obj: Persistent) -> bytes:
    record: bytes = load_current(obj._p_jar.db().storage, obj._p_oid)[0]
    return record


def _state(record: bytes) -> dict[str, Any]:
    unpickler = PersistentUnpickler(lambda module, name: Opaque, lambda reference: Opaque(), BytesIO(record))
    unpickler.load()  # the class
    state = unpickler.load()
    return state if isinstance(state, dict) else {}


class Opaque:
    """Stands for whatever a record names, so that reading it runs nobody's code."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Opaque:
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass
