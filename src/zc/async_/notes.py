"""Notes about jobs: those that belong to a transaction, and live ones, which others see while the job runs.

A live note must not touch the record of its job: the commit that completes the job writes that, and one of both would
conflict. Nor may the job's record point to one that is made when the first note comes, for that pointer would have to
be written too. So live notes are found from the other side: the queue has a tree that maps the number of a job to the
:class:`LiveNotes` about it. Running jobs only read there, which conflicts with nobody; jobs without live notes cost
nothing; the queue's own record is not written, so no dispatcher is woken.

Live notes about a callback are kept with those of the job it belongs to. They go when that job is forgotten by its
agent or taken out of its queue.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import MutableMapping
from threading import Event
from typing import TYPE_CHECKING
from typing import Any

from BTrees.LOBTree import LOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent
from transaction import TransactionManager
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import ConflictError
from ZODB.utils import p64
from ZODB.utils import u64
from ZODB.utils import z64
from zodbpickle import pickle

from zc.async_ import outage
from zc.async_.describe import custom_repr
from zc.async_.interfaces import IAbstractJob
from zc.async_.interfaces import JobNotPicklable
from zc.async_.picklable import PICKLING_ERRORS
from zc.async_.picklable import PROTOCOL


if TYPE_CHECKING:
    from ZODB.Connection import Connection

    from zc.async_.job import Job

events = logging.getLogger("zc.async.events")

ATTEMPTS = 10
"""Commits of one note that may conflict with others' before it is given up."""

UNREACHABLE = (ConflictError, ClientDisconnected)

_missing = object()


class LiveNotes(Persistent):
    """What was noted about one job and its callbacks, by the number of job or callback, and by name."""

    def __init__(self) -> None:
        self._notes: dict[int, dict[str, Any]] = {}

    def of(self, number: int) -> dict[str, Any]:
        """The notes about that job or callback; not to be changed."""
        return self._notes.get(number, {})

    def set(self, number: int, name: str, value: Any) -> None:
        """Add or replace a note."""
        self._notes = {**self._notes, number: {**self.of(number), name: value}}


class LiveAnnotations(LOBTree):
    """The live notes of a queue: job number to :class:`LiveNotes`."""

    max_leaf_size = 32

    def notes(self, number: int) -> LiveNotes:
        """The notes about that job, made if there are none."""
        found = self.get(number)
        if found is None:
            found = self[number] = LiveNotes()
        return found

    def forget(self, jobs: Iterable[Job]) -> None:
        """Remove the notes about jobs that are no longer kept; loads none of them, writes only if there are any."""
        for job in jobs if self else ():
            if job._p_oid is not None:
                self.pop(u64(job._p_oid), None)


class Annotations(MutableMapping[str, Any]):
    """What a job's ``annotations`` show: its own notes, and the live ones, which hide its own of the same name.

    Changes belong to the transaction, and are kept in a record of their own once there are any. Deleting a name
    deletes the job's own note only.
    """

    def __init__(self, job: Job) -> None:
        self._job = job

    @property
    def _own(self) -> Any:
        return {} if self._job._annotations is None else self._job._annotations

    @property
    def _live(self) -> dict[str, Any]:
        job, root = self._job, _root(self._job)
        if job._p_oid is None or root._p_oid is None or root.queue is None:
            return {}
        notes = root.queue.live.get(u64(root._p_oid))
        return {} if notes is None else notes.of(u64(job._p_oid))

    def __getitem__(self, name: str) -> Any:
        live = self._live
        return live[name] if name in live else self._own[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if self._job._annotations is None:
            self._job._annotations = OOBTree()
        self._job._annotations[name] = value

    def __delitem__(self, name: str) -> None:
        del self._own[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._own, *self._live}))

    def __len__(self) -> int:
        return len({*self._own, *self._live})


def _root(job: Job) -> Any:
    """The job that a callback belongs to, however far; of other jobs, themselves."""
    root: Any = job
    while IAbstractJob.providedBy(root.parent):
        root = root.parent
    return root


class Place:
    """Where the live notes about one job are, for use by other connections. Reads the job in the caller's."""

    def __init__(self, job: Job) -> None:
        root = _root(job)
        if job._p_jar is None or job._p_serial == z64:
            raise ValueError("live annotations are for jobs that are committed", job)
        if root.queue is None:
            raise ValueError("live annotations are for jobs in a queue", job)
        self._database = root.queue._p_jar.db()
        self._queue = u64(root.queue._p_oid)
        self._root = u64(root._p_oid)
        self._number = u64(job._p_oid)
        self._own_database = job._p_jar.db().database_name  # a callback may be stored elsewhere

    def open(self, manager: TransactionManager) -> Connection:
        """A connection to the database of the queue, to be closed."""
        return self._database.open(manager)

    def set(self, connection: Connection, name: str, value: Any) -> None:
        """Add or replace a note."""
        connection.get(p64(self._queue)).live.notes(self._root).set(self._number, name, value)

    def get(self, connection: Connection, name: str) -> Any:
        """A live note, else the job's own, else ``_missing``."""
        notes = connection.get(p64(self._queue)).live.get(self._root)
        if notes is not None and name in notes.of(self._number):
            return notes.of(self._number)[name]
        own = connection.get_connection(self._own_database).get(p64(self._number))._annotations
        return _missing if own is None else own.get(name, _missing)


def write(job: Job, name: str, value: Any) -> None:
    """Note something about a job, in a transaction of its own that is committed on return.

    The caller's transaction neither sees it before its next begin nor conflicts with it. Runs in the caller's thread:
    one small commit. A copy of the value is stored; :class:`JobNotPicklable` if it is no plain data, ``ValueError`` if
    the job is not committed or in no queue. Should the database refuse the note, that is logged and the note lost.
    """
    place, copy = Place(job), _copy(value)
    manager = TransactionManager()
    try:
        with outage.named():
            connection = place.open(manager)
            try:
                _commit(manager, lambda: place.set(connection, name, copy))
            finally:
                manager.abort()
                connection.close()
    except UNREACHABLE:
        events.error("the live annotation %r of %r is lost", name, job, exc_info=True)


def _commit(manager: TransactionManager, act: Callable[[], None]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        manager.begin().note("zc.async live annotation")
        try:
            act()
            return manager.commit()
        except ConflictError:
            manager.abort()
            if attempt == ATTEMPTS:
                raise


def read(job: Job, name: str, default: Any, timeout: float, poll: float, stopping: Event) -> Any:
    """A note as of now, whatever the caller's transaction sees.

    Waits up to ``timeout`` seconds for it, looking every ``poll`` seconds, until ``stopping``; then ``default``. An
    error of the database is logged, and counts as no note yet. Raises ``ValueError`` like :func:`write`.
    """
    place, deadline = Place(job), time.monotonic() + timeout
    while True:
        value = _look(place, name, job)
        left = deadline - time.monotonic()
        if value is not _missing:
            return value
        if left <= 0 or stopping.wait(min(poll, left)):
            return default


def _look(place: Place, name: str, job: Job) -> Any:
    manager = TransactionManager()
    try:
        with outage.named():
            connection = place.open(manager)
            try:
                return place.get(connection, name)
            finally:
                manager.abort()
                connection.close()
    except UNREACHABLE:
        events.error("the live annotation %r of %r cannot be read", name, job, exc_info=True)
        return _missing


class _PlainPickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> None:
        if isinstance(obj, Persistent):
            raise pickle.PicklingError("it is a persistent object, or has one in it")


def _copy(value: Any) -> Any:
    """What another connection may keep of the value."""
    buffer = io.BytesIO()
    try:
        _PlainPickler(buffer, PROTOCOL).dump(value)
    except PICKLING_ERRORS as error:
        raise JobNotPicklable(f"{custom_repr(value)} cannot be a live annotation: {error}") from error
    return pickle.loads(buffer.getvalue())
