"""Whether the database has queues, and has them where workers look."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_.overview.diagnosis.finding import Finding
from zc.async_ import version1
from zc.async_.interfaces import KEY


if TYPE_CHECKING:
    from ZODB.Connection import Connection


def no_queues() -> Finding:
    """Nobody has made queues here."""
    return Finding(
        "no-queues",
        True,
        "There are no queues in this database.",
        "Nobody has queued a job and no worker has started; or they use another database.",
        "Start a worker, or name the database or storage with the queues.",
    )


def version_1(root: Mapping[str, Any]) -> Finding:
    """The queues are those of version 1."""
    return Finding(
        "version-1",
        True,
        f"The queues in this database are of version 1. Jobs not done: {version1.unfinished_jobs(root):,}.",
        "Workers of this version cannot work on them, and queue no jobs beside them.",
        "Let a worker of version 1 finish them, or drop the queues: see the how-to “Migrate from 1.x”.",
    )


def left_behind(connection: Connection) -> Iterator[Finding]:
    """Jobs wait in another database that belongs to the same sites; only those opened together are looked at."""
    for name, other in sorted(connection.connections.items()):
        root = other.root()
        if other is connection or KEY not in root or version1.has_queues(root):
            continue
        waiting = sum(len(queue) for queue in root[KEY].values())
        if waiting:
            yield Finding(
                "left-behind",
                True,
                f"Jobs wait in other queues, in database {name!r}: {waiting:,}.",
                "Workers look into one database only: some process queues its jobs where none does.",
                "Let all instances and workers load role files of one kind, single_db or multi_db; and work those jobs "
                "off by a worker of the other kind for a while.",
            )
