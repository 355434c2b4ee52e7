"""Trying again after a while, whatever the error."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from zc.async_.retry import RetryWithBackoff


if TYPE_CHECKING:
    from zc.async_.job import Job

DELAY = timedelta(minutes=15)


class RetryWithDelay(RetryWithBackoff):
    """Tries a job again ``delay`` after each error, ``max_retries`` times, and then the job fails.

    Give the class itself, an instance or a subclass as ``retry_policy_factory``; one instance serves any number of
    jobs, each of which has its own count. Conflicts are tried again at once and do not count. What a job's policy
    remembers is in ``job.getRetryPolicy().data``: ``job_error``, the number of errors so far, ``last_job_error``, a
    Failure, and ``first_active``.
    """

    datacache_key = application_error = "job_error"
    max_retries = 8

    def __init__(self, delay: timedelta | Job = DELAY, *, max_retries: int | None = None) -> None:
        # With a job, the class itself is the factory.
        job, wait = (None, delay) if isinstance(delay, timedelta) else (delay, DELAY)
        if max_retries is not None:
            self.max_retries = max_retries
        super().__init__(job, first=wait, factor=1, longest=wait, attempts=self.max_retries + 1)

    @property
    def delay(self) -> timedelta:
        """How long it waits after an error."""
        return self.first
