"""What the job running in the current thread may ask about itself: ``zc.async_.local``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any


if TYPE_CHECKING:
    from zc.async_.dispatcher import Dispatcher
    from zc.async_.job import Job
    from zc.async_.queue import Queue


class Local(threading.local):
    """One thread's current job, dispatcher and agent name; all ``None`` outside a worker thread."""

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


local = Local()
