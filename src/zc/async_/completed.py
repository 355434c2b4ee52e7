"""Completed jobs, newest first, until they are old enough to be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from persistent import Persistent
from zope.interface import implementer

from zc.async_ import clock
from zc.async_.containers import Page
from zc.async_.containers import PageTree
from zc.async_.interfaces import ICompletedCollection


if TYPE_CHECKING:
    from zc.async_.job import Job

PAGE_SIZE = 16
"""Jobs in the part that each addition writes again."""


@implementer(ICompletedCollection)
class Completed(Persistent):
    """An agent's completed jobs. Full pages are kept by the completion time of their last job."""

    __parent__: Any = None
    _recent: tuple[Job, ...] = ()
    _pages: PageTree | None = None
    _length = 0

    def add(self, job: Job) -> None:
        """File a completed job."""
        if len(self._recent) >= PAGE_SIZE:
            self._turn_page()
        self._recent += (job,)
        self._length += 1

    def _turn_page(self) -> None:
        if self._pages is None:
            self._pages = PageTree()
        number = max(_ended(job) for job in self._recent)
        while number in self._pages:
            number += 1
        self._pages[number] = Page(self._recent)
        self._recent = ()

    def __len__(self) -> int:
        return self._length

    def __bool__(self) -> bool:
        return self._length > 0

    def __iter__(self) -> Iterator[Job]:
        yield from sorted(self._recent, key=_ended, reverse=True)
        if self._pages is not None:
            for number in reversed(self._pages.keys()):
                yield from sorted(self._pages[number].jobs, key=_ended, reverse=True)

    def iter(self, start: datetime | None = None, stop: datetime | None = None) -> Iterator[Job]:
        """Jobs completed at or before ``start`` and at or after ``stop``, newest first."""
        for job in self:
            ended = job.active_end
            if stop is not None and ended < stop:
                return
            if start is None or ended <= start:
                yield job

    def first(self, start: datetime | None = None) -> Job:
        """The newest job completed at or before ``start``; ``ValueError`` if there is none."""
        for job in self.iter(start):
            return job
        raise ValueError("no completed job", start)

    def last(self, stop: datetime | None = None) -> Job:
        """The oldest job completed at or after ``stop``; ``ValueError`` if there is none."""
        jobs = list(self.iter(None, stop))
        if not jobs:
            raise ValueError("no completed job", stop)
        return jobs[-1]

    def prune(self, limit: datetime) -> int:
        """Forget the pages whose jobs all ended before ``limit``; how many jobs that were."""
        if self._pages is None:
            return 0
        old = list(self._pages.items(max=clock.to_micros(limit) - 1))
        for number, _ in old:
            del self._pages[number]
        forgotten = sum(len(page.jobs) for _, page in old)
        if forgotten:
            self._length -= forgotten
        return forgotten


def _ended(job: Job) -> int:
    return clock.to_micros(job.active_end)
