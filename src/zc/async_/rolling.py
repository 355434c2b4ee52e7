"""Collections that keep the newest of what is put into them, and no more."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from BTrees.LOBTree import LOBTree

from zc.async_ import clock
from zc.async_.containers import Base
from zc.async_.timekeys import FREE_BITS
from zc.async_.timekeys import dt_to_long
from zc.async_.timekeys import key_range


class TimedSet(Base):
    """Items by the moment at which they were added, newest first. Items get a ``key`` and a ``parent``.

    Its own ``__parent__`` must be set before something is added. Not safe for several threads at once.
    """

    def __init__(self) -> None:
        self._data = LOBTree()

    def add(self, item: Any) -> None:
        """Add an item under the present time."""
        if self.__parent__ is None:
            raise ValueError("set __parent__ before adding items")
        key = dt_to_long(clock.now()) + (1 << FREE_BITS) - 1
        while key in self._data:
            key -= 1
        item.parent = self.__parent__
        item.key = key
        self._data[key] = item

    def clear(self) -> None:
        """Forget everything."""
        self._data.clear()

    def first(self, start: int | datetime | None = None) -> Any:
        """The newest item that is not newer than ``start``, a key or datetime; ``ValueError`` if there is none."""
        return self._data[self._data.minKey(None if start is None else key_range(start)[0])]

    def last(self, stop: int | datetime | None = None) -> Any:
        """The oldest item that is not older than ``stop``, a key or datetime; ``ValueError`` if there is none."""
        return self._data[self._data.maxKey(None if stop is None else key_range(stop)[1])]

    def iter(self, start: int | datetime | None = None, stop: int | datetime | None = None) -> Iterator[Any]:
        """Items not newer than ``start`` and not older than ``stop``, newest first."""
        lowest = None if start is None else key_range(start)[0]
        highest = None if stop is None else key_range(stop)[1]
        return iter(self._data.values(lowest, highest))

    def __iter__(self) -> Iterator[Any]:
        return self.iter()

    def __len__(self) -> int:
        return len(self._data)

    def __bool__(self) -> bool:
        return bool(self._data)


class RollingSet(TimedSet):
    """Keeps the newest ``size`` items."""

    size = 100

    def add(self, item: Any) -> None:
        """Add an item under the present time, and drop what is too much."""
        super().add(item)
        while len(self._data) > self.size:
            del self._data[self._data.maxKey()]


class RollingMapping(UserDict[Any, Any]):
    """Keeps the ``size`` keys that came last, in the order in which they came."""

    size = 100

    def __setitem__(self, key: Any, item: Any) -> None:
        super().__setitem__(key, item)
        while len(self.data) > self.size:
            del self.data[next(iter(self.data))]

    def minKey(self, key: Any = None) -> Any:
        """The lowest key, not below ``key``; ``ValueError`` if there is none."""
        return min(one for one in self.data if key is None or one >= key)

    def maxKey(self, key: Any = None) -> Any:
        """The highest key, not above ``key``; ``ValueError`` if there is none."""
        return max(one for one in self.data if key is None or one <= key)
