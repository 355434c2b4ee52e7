"""Whether the clocks of workers agree with that of the database server.

A worker writes a sign of life with the time by its own clock; the server stamps the transaction by its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING

from plone.app.async_.overview.diagnosis.finding import Finding
from plone.app.async_.overview.diagnosis.finding import seconds
from plone.app.async_.overview.diagnosis.finding import sentence
from plone.app.async_.overview.diagnosis.finding import worker_of
from plone.app.async_.overview.diagnosis.workers import records_of
from zc.async_ import clock


if TYPE_CHECKING:
    from zc.async_.dispatchers import DispatcherAgents
    from zc.async_.queue import Queue

TOLERATED = timedelta(seconds=5)
"""Less may be the time that a commit took."""


def skewed(queues: list[Queue], now: datetime) -> Iterator[Finding]:
    """The clock of a worker is ahead of the server's, or behind it."""
    for record in records_of(queues).values():
        ahead = _ahead(record)
        if ahead is None or abs(ahead) <= TOLERATED:
            continue
        direction = "ahead of" if ahead > timedelta() else "behind"
        yield Finding(
            "clock-skew",
            True,
            f"The clock of {worker_of(record)} is {seconds(abs(ahead))} {direction} that of the database server.",
            "Scheduled jobs start at the wrong time, the times that it notes are wrong, and it may be shown as dead.",
            "Let all hosts set their clocks by the network (chrony, systemd-timesyncd), and check with timedatectl.",
        )
    yield from _here(queues, now)


def _here(queues: list[Queue], now: datetime) -> Iterator[Finding]:
    stamped = [moment for record in records_of(queues).values() if (moment := _stamp(record)) is not None]
    behind = max(stamped, default=now) - now
    if behind > TOLERATED:
        yield Finding(
            "clock-here",
            True,
            f"The clock of this host is at least {seconds(behind)} behind that of the database server.",
            "What is said here of ages, and of workers that are dead or alive, cannot be trusted.",
            sentence("let this host set its clock by the network, and look again."),
        )


def _ahead(record: DispatcherAgents) -> timedelta | None:
    """How far a worker's clock is ahead. None if unknown: of one found dead, another has written the sign of life."""
    told, stamped = record.last_ping.value, _stamp(record)
    return None if record.activated is None or told is None or stamped is None else told - stamped


def _stamp(record: DispatcherAgents) -> datetime | None:
    """When the server took in the last sign of life."""
    sign = record.last_ping
    sign._p_activate()
    return None if sign._p_mtime is None else clock.EPOCH + timedelta(seconds=sign._p_mtime)
