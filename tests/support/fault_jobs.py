"""Functions of jobs that do what no job should do, each in its own way."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import Any

import transaction
from sample_jobs import mark

from zc.async_ import clock
from zc.async_ import local


MB = 2**20


def exit_process() -> None:
    """End the process, without any clean-up."""
    os._exit(9)


def raise_system_exit() -> None:
    sys.exit("the job wants to leave")


def raise_keyboard_interrupt() -> None:
    raise KeyboardInterrupt("as if somebody had pressed Ctrl-C")


def mark_and_return_lock() -> Any:
    """Return what nobody can store."""
    mark("lock")
    return threading.Lock()


def return_much(size: int) -> bytes:
    return os.urandom(size)


def eat_memory() -> None:
    """Take what there is, where the process may not have much more than it has."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        now = int(statm.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + 100 * MB, hard))
    try:
        eaten = []
        while True:
            eaten.append(bytearray(MB))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1) + 1


def mark_and_close_connection() -> None:
    """As the last lines of a script do."""
    mark("closed")
    transaction.abort()
    local.getJob()._p_jar.close()


def mark_and_abort() -> str:
    mark("aborted")
    transaction.abort()
    return "aborted"


def mark_and_commit() -> str:
    mark("committed")
    transaction.commit()
    return "committed"


def leave_thread() -> str:
    """Let a thread go on that has nothing to do with the job any more."""
    threading.Thread(target=time.sleep, args=(600,), daemon=True, name="left behind").start()
    return "left a thread"


def never_end() -> None:
    """Work for ever, and ask now and then whether that is still wanted."""
    while True:
        local.checkCancelled()
        time.sleep(0.05)


def never_listen() -> None:
    """Work for ever."""
    while True:
        time.sleep(0.05)


def turn_clock(seconds: float) -> None:
    """Let the clock of this worker go ahead from now on."""
    clock.set_source(lambda: datetime.now(timezone.utc) + timedelta(seconds=seconds))
