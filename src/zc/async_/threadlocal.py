"""What the job running in the current thread may ask about itself: ``zc.async_.local``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import notes
from zc.async_.cancel import Checker
from zc.async_.meter import Meter
from zc.async_.meter import shrink_caches


if TYPE_CHECKING:
    from zc.async_.dispatcher import Dispatcher
    from zc.async_.job import Job
    from zc.async_.queue import Queue


class Local(threading.local):
    """One thread's current job, dispatcher and agent name; all ``None`` outside a worker thread."""

    _checker = Checker()
    _meter = Meter()
    job: Job | None = None
    dispatcher: Dispatcher | None = None
    name: str | None = None

    @contextmanager
    def running(self, job: Job) -> Iterator[None]:
        """This thread runs that job; afterwards again the one before. For the executor."""
        before = self.job
        self.job = job
        try:
            yield
        finally:
            self.job = before

    def getJob(self) -> Job | None:
        """The job (or callback) that this thread is running."""
        return self.job

    def getQueue(self) -> Queue | None:
        """The queue of the running job; ``AttributeError`` outside a job."""
        return self.job.queue  # type: ignore[union-attr]

    def getDispatcher(self) -> Dispatcher | None:
        """The dispatcher whose worker thread this is."""
        return self.dispatcher

    def getReactor(self) -> Any:
        """The Twisted reactor of the dispatcher; ``AttributeError`` outside a worker thread."""
        return self.dispatcher.reactor  # type: ignore[union-attr]

    def getAgentName(self) -> str | None:
        """The name of the agent whose worker thread this is."""
        return self.name

    def setLiveAnnotation(self, name: str, value: Any, job: Job | None = None) -> None:
        """Let everybody see a note about the running job, or another one, at once.

        It is committed on return, in a transaction of its own: this one neither sees it before its next begin nor can
        conflict with it. Costs a small commit, so call it some times a second at most. Plain data only. Errors of the
        database are logged; ``ValueError('not initialized')`` without a job.
        """
        notes.write(self._job_or(job), name, value)

    def getLiveAnnotation(
        self, name: str, default: Any = None, timeout: float = 0, poll: float = 1, job: Job | None = None
    ) -> Any:
        """A note about the running job, or another one, as of now; waits up to ``timeout`` seconds for it.

        Looks every ``poll`` seconds. ``default`` if the note does not come, or the dispatcher stops meanwhile.
        ``ValueError('not initialized')`` without a job.
        """
        stopping = threading.Event() if self.dispatcher is None else self.dispatcher.stopping
        return notes.read(self._job_or(job), name, default, timeout, poll, stopping)

    def checkCancelled(self) -> None:
        """Raise :class:`JobCancelled` if the running job was asked to end; does nothing outside a job.

        Call it at good places of a long job, as often as you like: it looks at the database twice a second at most.
        """
        if self.job is not None:
            self._checker.check(self.job)

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Tell how far the running job is: ``done`` of ``total``, which may be unknown. Does nothing outside a job.

        Call it at each step of a long job: everybody sees it at once, the job's transaction has no part in it, and it
        is written twice a second at most. Also raises :class:`JobCancelled` as :meth:`checkCancelled` does, and lets
        the caches of the job's connections shrink to their size. ``zc.async_.meter.progress_of(job)`` reads it.
        """
        if self.job is not None and self.job.queue is not None:
            self.checkCancelled()
            self._meter.tell(self.job, done, total, message)
            shrink_caches(self.job)

    def _job_or(self, job: Job | None) -> Job:
        chosen = self.job if job is None else job
        if chosen is None:
            raise ValueError("not initialized")
        return chosen


local = Local()
