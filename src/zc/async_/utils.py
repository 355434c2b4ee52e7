"""The old import place of small helpers; they live in modules of their own."""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import TypeVar

from zc.async_.attempts import BACKOFF_INCREMENT
from zc.async_.attempts import EXPLOSIVE_ERRORS
from zc.async_.attempts import INITIAL_BACKOFF
from zc.async_.attempts import MAX_BACKOFF
from zc.async_.attempts import SYSTEM_ERRORS
from zc.async_.attempts import never_fail
from zc.async_.attempts import try_five_times
from zc.async_.containers import Base
from zc.async_.containers import Registry as Dict
from zc.async_.describe import custom_repr
from zc.async_.rolling import RollingMapping
from zc.async_.rolling import RollingSet
from zc.async_.rolling import TimedSet as AbstractSet
from zc.async_.timekeys import dt_to_long
from zc.async_.timekeys import long_to_dt


__all__ = [
    "BACKOFF_INCREMENT",
    "EXPLOSIVE_ERRORS",
    "INITIAL_BACKOFF",
    "MAX_BACKOFF",
    "SYSTEM_ERRORS",
    "AbstractSet",
    "Base",
    "Dict",
    "RollingMapping",
    "RollingSet",
    "custom_repr",
    "dt_to_long",
    "log",
    "long_to_dt",
    "never_fail",
    "sortedmerge",
    "takecount",
    "tracelog",
    "try_five_times",
]

Item = TypeVar("Item")

log = logging.getLogger("zc.async.events")
tracelog = logging.getLogger("zc.async.trace")


def sortedmerge(sources: Iterable[Iterable[Item]], key: Any = None) -> Iterator[Item]:
    """The items of all sources, each sorted by ``key``, in one sorted run."""
    return heapq.merge(*sources, key=key)


def takecount(res: Iterable[Item], count: int) -> Iterator[Item]:
    """The first ``count`` items; ``ValueError`` with the first one asked for if ``count`` is negative."""
    if count < 0:
        raise ValueError("count must be a positive integer")
    yield from itertools.islice(res, count)
