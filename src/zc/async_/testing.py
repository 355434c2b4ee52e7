"""Waiters for tests, shipped to users: they wait on a condition with a deadline and fail with what was seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import transaction

from zc.async_.dispatcher import Dispatcher
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import COMPLETED
from zc.async_.job import Job


PAUSE = 0.01
"""Seconds between two looks."""


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


def _status(job: Job) -> str:
    job._p_jar.transaction_manager.begin() if job._p_jar is not None else transaction.begin()
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


def wait_for_deactivation(dispatcher: Dispatcher, seconds: float = 6) -> None:
    """Wait until the dispatcher has ended."""
    wait_until(lambda: dispatcher.activated is None, seconds, lambda: "dispatcher never deactivated")
