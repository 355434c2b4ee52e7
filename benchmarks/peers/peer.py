"""One system at work, whichever it is: servers, a client that queues, and workers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.cluster import server
from benchmarks.peers.catalogue import Configuration
from benchmarks.peers.servers import PostgreSQL
from benchmarks.peers.servers import redis


ROOT = Path(__file__).parents[2]
THEIRS = ROOT / ".venv-peers/bin/python"
WARM_UP = range(-12, 0)
"""Numbers of the jobs that make sure that all parts of a worker are there before something is measured."""
LOOK = 0.02
"""Seconds between two looks at the file of marks, which has the times itself."""
LOOK_AT_QUEUE = 0.5
"""Seconds between two questions to the queue, each of which costs it something."""

Marks = dict[int, float]
"""When jobs were first there, by their numbers."""


def has_all(numbers: Iterable[int]) -> Callable[[Marks], bool]:
    """Whether all these jobs were there."""
    wanted = set(numbers)
    return lambda marks: wanted <= marks.keys()


def has_some(count: int) -> Callable[[Marks], bool]:
    """Whether so many jobs were there besides those of the warm-up."""
    return lambda marks: len(marks) >= count + len(WARM_UP)


class Peer:
    """A system whose servers are at these addresses. For one thread; :func:`running` makes it and ends it."""

    def __init__(self, configuration: Configuration, folder: Path, addresses: dict[str, Any]) -> None:
        self.configuration = configuration
        self.folder = folder
        self.marks_file = folder / "marks"
        settings = {"safest": configuration.safest, "marks": str(self.marks_file), **addresses}
        paths = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
        self._environment = {
            **os.environ,
            "BENCH_PEERS": json.dumps(settings),
            "PYTHONPATH": os.pathsep.join(paths),
        }
        self._log = (folder / "processes.log").open("a")
        self._client: subprocess.Popen[str] | None = None
        self._worker: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the client, and make what jobs need."""
        self.marks_file.touch()
        self._client = self._process("client", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask("prepare")

    def _process(self, module: str, **pipes: Any) -> subprocess.Popen[str]:
        python = sys.executable if self.configuration.ours else str(THEIRS)
        command = [python, "-m", f"benchmarks.peers.{module}", self.configuration.module]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": self._log, "stderr": self._log, **pipes}
        return subprocess.Popen(
            command, env=self._environment, cwd=self.folder, text=True, start_new_session=True, **pipes
        )

    def ask(self, *request: Any) -> Any:
        """The client's answer to a request."""
        assert self._client is not None and self._client.stdin is not None and self._client.stdout is not None
        self._client.stdin.write(json.dumps(request) + "\n")
        self._client.stdin.flush()
        line = self._client.stdout.readline()
        if not line:
            raise self.failure("does not answer")
        return json.loads(line)

    def failure(self, what: str) -> SystemExit:
        """To be raised: what happened, and what the processes said."""
        said = (self.folder / "processes.log").read_text()
        return SystemExit(f"{self.configuration.title} {what}\n{said}")

    def enqueue(self, kind: str, first: int, count: int) -> tuple[float, float]:
        """Queue jobs numbered from ``first``; the times before and after."""
        begun, ended = self.ask("enqueue", kind, first, count)
        return begun, ended

    def start_worker(self) -> None:
        """Start a worker, without waiting for it."""
        self._worker = self._process("worker")

    def warm_up(self) -> None:
        """Wait until the worker has done some jobs."""
        self.enqueue("note", WARM_UP.start, len(WARM_UP))
        if self.wait_for(has_all(WARM_UP), 60) is None:
            raise self.failure("has no worker that works")

    def marks(self) -> Marks:
        """What the file of marks says."""
        found: Marks = {}
        for line in self.marks_file.read_text().splitlines():
            number, moment = line.split()
            found.setdefault(int(number), float(moment))
        return found

    def wait_for(self, condition: Callable[[Marks], bool], seconds: float) -> Marks | None:
        """The marks when they fulfil the condition; None if they do not in time."""
        deadline = time.monotonic() + seconds
        size = -1
        while time.monotonic() < deadline:
            if size != (size := self.marks_file.stat().st_size) and condition(marks := self.marks()):
                return marks
            time.sleep(LOOK)
        return None

    def wait_drained(self, seconds: float, calm: float) -> None:
        """Wait until the system has known of no job that has not ended for ``calm`` seconds, or until time is over."""
        deadline = time.monotonic() + seconds
        drained_since = None
        while time.monotonic() < deadline:
            if self.ask("held"):
                drained_since = None
            elif (drained_since := drained_since or time.monotonic()) + calm < time.monotonic():
                return
            time.sleep(LOOK_AT_QUEUE)

    def kill(self) -> None:
        """End all processes of the worker with SIGKILL, also those that it has forked."""
        if self._worker is not None:
            _kill(self._worker)

    def stop(self) -> None:
        """End worker and client."""
        self.kill()
        if self._client is not None:
            _kill(self._client)
        self._log.close()


def _kill(leader: subprocess.Popen[str]) -> None:
    """End all processes of a session."""
    while of_session := list(_session(leader.pid)):
        for pid in of_session:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        leader.wait()


def _session(leader: int) -> Iterator[int]:
    """The living processes of a session."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                yield int(folder.name)


@contextlib.contextmanager
def running(configuration: Configuration, folder: Path, postgresql: PostgreSQL) -> Iterator[Peer]:
    """A system with servers that are empty, and without a worker."""
    with contextlib.ExitStack() as stack:
        addresses: dict[str, Any] = {}
        if "redis" in configuration.servers:
            addresses["redis"] = stack.enter_context(redis(folder, configuration.safest))
        if "postgresql" in configuration.servers:
            addresses["postgresql"] = postgresql.new_database()
        if "zeo" in configuration.servers:
            addresses["zeo"] = stack.enter_context(server(folder)).port
        peer = Peer(configuration, folder, addresses)
        stack.callback(peer.stop)
        peer.start()
        yield peer
