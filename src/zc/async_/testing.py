"""Waiters and other helpers for tests, shipped to users.

Waiters wait on a condition with a deadline, and fail with what was seen.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import IO
from typing import Any

import transaction

from zc.async_.dispatcher import Dispatcher
from zc.async_.dispatchers import DispatcherAgents
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import COMPLETED
from zc.async_.job import Job
from zc.async_.journal import PollInfo
from zc.async_.subscribers import restore_signal_handlers
from zc.async_.subscribers import stop_dispatcher
from zc.async_.testreactor import Reactor
from zc.async_.testreactor import set_now
from zc.async_.testreactor import setUpDatetime
from zc.async_.testreactor import tearDownDatetime


__all__ = [
    "Reactor",
    "TearDownDispatcherError",
    "get_poll",
    "print_logs",
    "setUpDatetime",
    "set_now",
    "tearDownDatetime",
    "tear_down_dispatcher",
    "time_sleep",
    "wait_for_annotation",
    "wait_for_deactivation",
    "wait_for_death",
    "wait_for_result",
    "wait_for_start",
    "wait_until",
]

PAUSE = 0.01
"""Seconds between two looks."""

time_sleep = time.sleep


def wait_until(condition: Callable[[], Any], seconds: float, complaint: Callable[[], str]) -> Any:
    """The first true value of ``condition``; ``AssertionError`` with the complaint after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(complaint())
        time.sleep(PAUSE)


def _begin(obj: Any) -> None:
    manager = transaction.manager if obj._p_jar is None else obj._p_jar.transaction_manager
    manager.begin()


def _status(job: Job) -> str:
    _begin(job)
    return job.status


def wait_for_start(job: Job, seconds: float = 6) -> None:
    """Wait until the job runs or has run. Begins transactions of the job's connection."""
    wait_until(
        lambda: _status(job) in (ACTIVE, CALLBACKS, COMPLETED), seconds, lambda: f"job never started ({job.status})"
    )


def wait_for_result(job: Job, seconds: float = 6) -> Any:
    """Wait until the job is completed and return its result. Begins transactions of the job's connection."""
    wait_until(lambda: _status(job) == COMPLETED, seconds, lambda: f"job never completed ({job.status})")
    return job.result


def wait_for_annotation(job: Job, name: str, seconds: float = 6) -> Any:
    """Wait until the job has that annotation, live or its own, and return it. Begins transactions."""

    def look() -> bool:
        _begin(job)
        return name in job.annotations

    wait_until(look, seconds, lambda: f"annotation never found ({name!r})")
    return job.annotations[name]


def wait_for_deactivation(dispatcher: Dispatcher, seconds: float = 6) -> None:
    """Wait until the dispatcher has ended."""
    wait_until(lambda: dispatcher.activated is None, seconds, lambda: "dispatcher never deactivated")


def wait_for_death(da: DispatcherAgents, seconds: float = 6) -> None:
    """Wait until a dispatcher's record shows no sign of life for too long. Begins transactions."""

    def look() -> bool:
        _begin(da)
        return da.dead

    wait_until(look, seconds, lambda: "dispatcher agent never died")


def get_poll(dispatcher: Dispatcher, count: int | None = None, seconds: float = 6) -> PollInfo:
    """Wait until more than ``count`` passes were recorded, by default one more than now, and return the newest."""
    known = dispatcher.journal.recorded if count is None else count
    wait_until(lambda: dispatcher.journal.recorded > known, seconds, lambda: "no poll!")
    return dispatcher.getPollInfo()


class TearDownDispatcherError(RuntimeError):
    """Threads of a dispatcher still run."""


def tear_down_dispatcher(dispatcher: Dispatcher, timeout: float = 3) -> None:
    """End a dispatcher with its threads, and take away its signal handlers.

    Raises :class:`TearDownDispatcherError`, naming the jobs, for threads that do not end within ``timeout`` seconds.
    """
    if dispatcher.activated is None:
        restore_signal_handlers(dispatcher)
    else:
        stop_dispatcher(dispatcher, timeout)
    thread = dispatcher.thread
    complaints = []
    if thread is not None and thread.is_alive():
        complaints.append(f"Dispatcher ({thread.name}, {dispatcher.UUID}) failed to stop.")
    jobs = dispatcher.jobs
    for job_id in dispatcher.getActiveJobIds():
        complaints.append(f"Job in pool '{jobs[job_id]['agent']}' failed to stop: {jobs[job_id]['call']}")
    if complaints:
        raise TearDownDispatcherError("\n".join(complaints))


def print_logs(log_file: IO[str] | None = None, log_level: int = logging.CRITICAL) -> logging.Handler:
    """Write what the engine logs to a file, by default to what is ``sys.stdout`` now; returns the handler to remove."""
    handler = logging.StreamHandler(sys.stdout if log_file is None else log_file)
    handler.setLevel(log_level)
    logger = logging.getLogger("zc.async")
    if logger.getEffectiveLevel() > log_level:
        logger.setLevel(log_level)
    logger.addHandler(handler)
    return handler
