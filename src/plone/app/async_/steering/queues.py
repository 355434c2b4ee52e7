"""Acts on queues, which all sites share."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_ import _
from plone.app.async_ import subscribers
from plone.app.async_.steering.deeds import record
from plone.app.async_.steering.errors import NoSuchQueue
from plone.app.async_.steering.errors import NotPossible


if TYPE_CHECKING:
    from plone.app.async_.overview import Board
    from zc.async_.queue import Queue

LARGEST_QUOTA = 1000


def pause(board: Board, name: Any) -> None:
    """Hand out no more jobs; those that run go on, and new ones are accepted. ``NoSuchQueue``."""
    _set_paused(_queue(board, name), True)


def resume(board: Board, name: Any) -> None:
    """Hand out jobs again. ``NoSuchQueue``."""
    _set_paused(_queue(board, name), False)


def set_quota(board: Board, name: Any, quota: Any, size: Any) -> None:
    """Let that many jobs of a quota run at a time. ``NoSuchQueue``; ``NotPossible`` for other quotas and sizes."""
    queue = _queue(board, name)
    if quota not in queue.quotas:
        raise NotPossible(_("no_such_quota", default="There is no such quota."))
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_QUOTA:
        raise NotPossible(
            _(
                "bad_quota_size",
                default="The size of a quota is a whole number between 1 and ${most}.",
                mapping={"most": LARGEST_QUOTA},
            )
        )
    subscribers.set_quota(queue, quota, size)
    record(queue, "quota", details=f"{quota}: {size}")


def _set_paused(queue: Queue, is_paused: bool) -> None:
    if bool(queue.paused) != is_paused:
        queue.paused = is_paused
        record(queue, "pause" if is_paused else "resume")


def _queue(board: Board, name: Any) -> Queue:
    queue = board.queue(name)
    if queue is None:
        raise NoSuchQueue
    return queue
