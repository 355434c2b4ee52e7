"""What an agent has in hand and what it has done: the one small record that each claim writes, and the archive."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
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
from zc.async_.terms import is_job


if TYPE_CHECKING:
    from zc.async_.job import Job

PAGE_SIZE = 8
"""Completed jobs that each claim writes again; full pages go to the archive."""


class Workload(Persistent):
    """The claims of an agent, and the jobs it completed lately, oldest first.

    Apart from the agent, so that a claim writes neither its settings nor its archive.
    """

    claims: tuple[tuple[Job, int, bool], ...] = ()
    recent: tuple[Job, ...] = ()


@implementer(ICompletedCollection)
class Completed(Persistent):
    """An agent's completed jobs, newest first, until they are old enough to be forgotten.

    Pages are kept by the microsecond in which their last job ended.
    """

    _pages: PageTree | None = None
    _gaps = 0
    """How many jobs were taken out of full pages."""

    def __init__(self, agent: Any, workload: Workload) -> None:
        self.__parent__ = agent
        self._workload = workload

    def add(self, job: Job) -> None:
        """File a completed job."""
        if len(self._workload.recent) >= PAGE_SIZE:
            self._turn_page()
        self._workload.recent += (job,)

    def _turn_page(self) -> None:
        if self._pages is None:
            self._pages = PageTree()
        recent = self._workload.recent
        number = max((_ended(job) for job in recent if is_job(job)), default=clock.to_micros(clock.now()))
        while number in self._pages:
            number += 1
        self._pages[number] = Page(recent)
        self._workload.recent = ()

    def _parts(self) -> Iterator[tuple[float, Page]]:
        """Pages and when the last job of each ended, newest first and none loaded; before them, one of the recent."""
        yield math.inf, Page(self._workload.recent)
        yield from self.pages()

    def __len__(self) -> int:
        return len(self._workload.recent) + PAGE_SIZE * (len(self._pages) if self._pages else 0) - self._gaps

    def __bool__(self) -> bool:
        return bool(self._workload.recent or self._pages)

    def __iter__(self) -> Iterator[Job]:
        # A job is filed when its callbacks have ended, so it may be among newer ones: it waits for its turn.
        waiting: list[tuple[int, int, Job]] = []
        numbers = itertools.count()
        for newest, page in self._parts():
            while waiting and -waiting[0][0] >= newest:
                yield heapq.heappop(waiting)[-1]
            for job in filter(is_job, page.jobs):
                heapq.heappush(waiting, (-_ended(job), next(numbers), job))
        while waiting:
            yield heapq.heappop(waiting)[-1]

    @property
    def recent(self) -> tuple[Job, ...]:
        """The newest jobs, which are on no page yet."""
        return self._workload.recent

    def pages(self) -> Iterator[tuple[int, Page]]:
        """Pages and the microsecond in which the last job of each ended, newest first; none is loaded."""
        pages = self._pages
        return ((number, pages[number]) for number in reversed(pages.keys())) if pages else iter(())

    def iter(self, start: datetime | None = None, stop: datetime | None = None) -> Iterator[Job]:
        """Jobs completed at or before ``start`` and at or after ``stop``, newest first."""
        for job in self:
            ended = clock.from_micros(_ended(job))
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
        oldest = deque(self.iter(None, stop), maxlen=1)
        if not oldest:
            raise ValueError("no completed job", stop)
        return oldest[0]

    def page_numbers(self) -> Iterator[int]:
        """The microsecond in which the last job of each page ended, oldest first; no page is loaded."""
        return iter(self._pages.keys()) if self._pages else iter(())

    def forget_oldest_page(self) -> list[Job]:
        """Forget the jobs of the oldest page and return them, unloaded. Jobs that are on no page yet stay."""
        return self._drop_page(self._pages.minKey()) if self._pages else []

    def forget(self, job: Job) -> bool:
        """Forget one job; False if it is not here."""
        recent = self._workload.recent
        if any(each is job for each in recent):
            self._workload.recent = tuple(each for each in recent if each is not job)
            return True
        for number in list(self._pages.keys(_ended(job))) if self._pages is not None else ():
            if any(each is job for each in self._pages[number].jobs):  # type: ignore[index]
                self._take_from_page(number, job)
                return True
        return False

    def _take_from_page(self, number: int, job: Job) -> None:
        page = self._pages[number]  # type: ignore[index]
        if len(page.jobs) == 1:
            self._drop_page(number)
        else:
            page.jobs = tuple(each for each in page.jobs if each is not job)
            self._gaps += 1

    def _drop_page(self, number: int) -> list[Job]:
        jobs = self._pages.pop(number).jobs  # type: ignore[union-attr]
        if len(jobs) < PAGE_SIZE:
            self._gaps -= PAGE_SIZE - len(jobs)
        return list(jobs)

    def prune(self, limit: datetime) -> list[Job]:
        """Forget jobs that ended before ``limit``; those on a page go when the last of them is old enough.

        Returns the forgotten jobs without having loaded those from pages.
        """
        oldest = clock.to_micros(limit)
        forgotten = [job for job in self._workload.recent if is_job(job) and _ended(job) < oldest]
        if forgotten:
            self._workload.recent = tuple(job for job in self._workload.recent if job not in forgotten)
        if self._pages is not None:
            for number in list(self._pages.keys(max=oldest - 1)):
                forgotten += self._drop_page(number)
        return forgotten


def _ended(job: Job) -> int:
    ended = job.active_end
    return 0 if ended is None else clock.to_micros(ended)
