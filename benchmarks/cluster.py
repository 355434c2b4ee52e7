"""A ZEO server in a process of its own, and further processes that are its clients."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import ZEO
import ZODB


START_LIMIT = 30  # seconds


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A running ZEO server with one FileStorage in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "Data.fs"
        self.port = free_port()
        command = [sys.executable, "-m", "ZEO.runzeo", "-a", f"127.0.0.1:{self.port}", "-f", str(self.file)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.05)
        raise SystemExit("the ZEO server did not start")

    def open(self) -> ZODB.DB:
        """A new client of the server."""
        return ZEO.DB(("127.0.0.1", self.port), wait_timeout=START_LIMIT)

    @property
    def size(self) -> int:
        """Bytes in the storage."""
        return self.file.stat().st_size

    def client(self, module: str, *args: object) -> subprocess.Popen[str]:
        """Start ``python -m module PORT ARGS``; it says ``ready`` when it is."""
        command = [sys.executable, "-m", module, str(self.port), *map(str, args)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        if line.strip() != "ready":
            raise SystemExit(f"{module} did not start: {line}")
        return process

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait()


def end(process: subprocess.Popen[str]) -> str:
    """Close a client's input, which it takes as the sign to go on or to end; what it printed then."""
    printed, _ = process.communicate("\n", timeout=120)
    return printed.strip()


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    """A server for the time of a ``with``."""
    running = Server(folder)
    try:
        yield running
    finally:
        running.stop()
