"""Functions that tests queue; in a module of their own so that worker processes can import them too."""

from __future__ import annotations

import os
import sys
import threading
import time
from asyncio import CancelledError
from pathlib import Path
from typing import Any

import transaction
from persistent import Persistent
from ZODB.POSException import ConflictError

from zc.async_ import local
from zc.async_.retry import RetryCommonFourTimes


class Gates:
    """Where held jobs wait, by name, until the test lets them go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, threading.Event] = {}
        self._all_open = False
        self.arrived: set[str] = set()

    def __getitem__(self, name: str) -> threading.Event:
        with self._lock:
            event = self._events.setdefault(name, threading.Event())
            if self._all_open:
                event.set()
            return event

    def open_all(self) -> None:
        """Hold nobody any more."""
        with self._lock:
            self._all_open = True
            for event in self._events.values():
                event.set()

    def reset(self) -> None:
        """Hold again."""
        self.__init__()


GATES = Gates()


def add(a: int, b: int = 2) -> int:
    return a + b


def fail(message: str = "broken") -> None:
    raise ValueError(message)


def mark(name: str) -> str:
    """Leave a mark in the database root that has this job's number of runs."""
    root = local.getJob()._p_jar.root()
    root[name] = root.get(name, 0) + 1
    return name


def mark_and_fail(name: str) -> None:
    mark(name)
    raise ValueError(name)


def hold(name: str, seconds: float = 20) -> str:
    """Wait until the test releases the name."""
    GATES.arrived.add(name)
    if not GATES[name].wait(seconds):
        raise AssertionError(f"{name} was never released")
    return name


def mark_and_hold(name: str) -> str:
    """Leave the mark, and commit it when the test releases the name."""
    mark(name)
    return hold(name)


def until_cancelled(name: str) -> None:
    """Work until somebody says that it is enough."""
    GATES.arrived.add(name)
    for _ in range(1000):
        local.checkCancelled()
        time.sleep(0.01)
    raise AssertionError(f"{name} was never cancelled")


def conflict(times: int) -> int:
    """Conflict on the first ``times`` attempts; the number of the attempt that got through."""
    job = local.getJob()
    job._v_attempts = getattr(job, "_v_attempts", 0) + 1
    if job._v_attempts <= times:
        raise ConflictError()
    return job._v_attempts


ATTEMPTS: dict[str, int] = {}


def conflict_counted(name: str, times: int) -> int:
    ATTEMPTS[name] = ATTEMPTS.get(name, 0) + 1
    if ATTEMPTS[name] <= times:
        raise ConflictError()
    return ATTEMPTS[name]


def conflict_at_commit(name: str, times: int) -> int:
    """Write, and make the commit conflict on the first ``times`` attempts."""
    mark(name)
    ATTEMPTS[name] = ATTEMPTS.get(name, 0) + 1
    if ATTEMPTS[name] <= times:
        transaction.get().addBeforeCommitHook(conflict_counted, (name + "/hook", sys.maxsize))
    return ATTEMPTS[name]


def exit_thread() -> None:
    sys.exit(3)


def cancel_task() -> None:
    """What a task that somebody cancelled raises, which is no ``Exception``."""
    raise CancelledError


def close_connection() -> None:
    """As the last line of a script does."""
    local.getJob()._p_jar.close()


def mark_and_close_all(name: str) -> None:
    """After the changes were dropped, nothing else keeps the connection from being closed."""
    mark(name)
    transaction.abort()
    for each in local.getJob()._p_jar.connections.values():
        each.close()


def return_lambda() -> Any:
    return lambda: 1


class Unreadable(Exception):
    """Can be pickled but not read again."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(one)


def raise_unreadable() -> None:
    raise Unreadable(1, 2)


def raise_holding_lock() -> None:
    raise ValueError("held by", threading.Lock())


def who() -> tuple[Any, ...]:
    """What a job can know about itself."""
    job = local.getJob()
    return repr(job), job.status, local.getQueue().name, local.getAgentName(), str(local.getDispatcher().UUID)


class Counter(Persistent):
    """An object of the application."""

    value = 0

    def increase(self, by: int = 1) -> int:
        self.value += by
        return self.value


def sleep_in_file(folder: str, seconds: float = 60) -> str:
    """Count the run in a file, then work until a file called ``go`` appears beside it."""
    path = Path(folder)
    with (path / "runs").open("a") as runs:
        runs.write(f"{os.getpid()}\n")
    mark("effects")
    deadline = time.monotonic() + seconds
    while not (path / "go").exists():
        if time.monotonic() > deadline:
            raise AssertionError("nobody said go")
        time.sleep(0.02)
    return "done"


class TwoLives(RetryCommonFourTimes):
    """Gives a job up when its worker vanished twice."""

    max_interruptions = 1


def kill_worker() -> None:
    """End the process at once, as a crash in C code would."""
    os._exit(9)


def overlap(folder: str, number: int) -> int:
    """How many jobs of this kind run now, in all processes: counted by files."""
    mine = Path(folder) / f"running-{number}"
    mine.touch()
    time.sleep(0.05)
    running = len(list(Path(folder).glob("running-*")))
    mine.unlink()
    return running


def sleep_in_file_with(folder: str, result: Any) -> tuple[str, Any]:
    """The same as a callback."""
    return sleep_in_file(folder), result


def results(*jobs: Any) -> list[Any]:
    """What was made of a batch."""
    return [job.result for job in jobs]


def read_main(name: str) -> Any:
    """What the root of the database called main has under a name."""
    return local.getJob()._p_jar.get_connection("main").root().get(name)


def turn_blob_round(name: str) -> None:
    """Store the bytes of a blob in the reverse order."""
    blob = local.getJob()._p_jar.root()[name]
    with blob.open() as file:
        content = file.read()
    with blob.open("w") as file:
        file.write(content[::-1])
