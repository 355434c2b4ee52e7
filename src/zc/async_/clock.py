"""The one place that tells the time, so that tests can set it.

Persistent objects keep times as microseconds since 1970 in UTC: eight bytes instead of a pickled ``datetime``.
"""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from datetime import timedelta
from datetime import timezone


EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)


def _system_time() -> datetime:
    return datetime.now(timezone.utc)


_source: Callable[[], datetime] = _system_time


def now() -> datetime:
    """The current time as an aware datetime in UTC."""
    return _source()


def set_source(source: Callable[[], datetime] | None) -> None:
    """Let ``source`` tell the time from now on; ``None`` goes back to the system's clock."""
    global _source
    _source = source or _system_time


@contextmanager
def ahead(duration: timedelta) -> Iterator[None]:
    """Let the clock go ahead for a while, for all threads."""
    global _source
    before = _source

    def later() -> datetime:
        return before() + duration

    _source = later
    try:
        yield
    finally:
        _source = before


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970; ``ValueError`` for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("cannot use timezone-naive values")
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The inverse of :func:`to_micros`."""
    return EPOCH + micros * MICROSECOND
