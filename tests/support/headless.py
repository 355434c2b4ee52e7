"""Workers without an HTTP port as processes: ``plone-async worker``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster import Client
from cluster import Process
from cluster import ZEOServer
from cluster import choose_ports


COMMAND = [Path(sys.executable).with_name("plone-async"), "worker"]
EXAMPLES = Path(__file__).parents[2] / "examples" / "deployment"
ZOPE_CONF = EXAMPLES / "etc" / "zope.conf"

WORKS = "Jobs are run here"
START_LIMIT = 120.0


@dataclass
class HeadlessClient(Client):
    """A worker that is configured as an instance home, and serves no requests."""

    def start(self) -> Process:
        """Start it without waiting; see ``wait_until_working``."""
        self.write()
        return Process(self.name, [*COMMAND, self.configuration], self.log, self.environment, self.home)


@contextmanager
def running_server(folder: Path) -> Iterator[tuple[ZEOServer, Process]]:
    """A ZEO server with an empty database, and its process."""
    (port,) = choose_ports(None)
    server = ZEOServer(folder, port)
    process = server.start()
    try:
        server.wait_until_serving(process)
        yield server, process
    finally:
        process.stop()


class Container:
    """A worker from the configuration that is shown in the documentation, with nothing but an environment."""

    def __init__(self, home: Path, zeo: str) -> None:
        self.home = home
        self.temporary = home / "tmp"
        self.temporary.mkdir(parents=True)
        self.identity = home / "identity" / "uuid.txt"
        self.processes: list[Process] = []
        self.environment = {
            "ZOPE_HOME": str(home),
            "TMPDIR": str(self.temporary),
            "ZEO_ADDRESS": zeo,
            "ZC_ASYNC_UUID": str(self.identity),
        }

    def start(self, *arguments: str | Path, **environment: str) -> Process:
        """Start it without waiting; see ``wait_until_working``."""
        changed: Mapping[str, str] = {**self.environment, **environment}
        log = self.home / f"worker-{len(self.processes)}.log"
        self.processes.append(Process("worker", [*COMMAND, *(arguments or [ZOPE_CONF])], log, changed, self.home))
        return self.processes[-1]

    def stop(self) -> None:
        """Stop what still runs."""
        for process in self.processes:
            process.stop()


def wait_until_working(process: Process) -> None:
    """Return when it runs jobs."""
    process.wait_for(lambda: WORKS in process.output(), "it runs jobs", START_LIMIT)


def wait_until_said(process: Process, text: str, seconds: float = START_LIMIT) -> None:
    """Return when its log has that text."""
    process.wait_for(lambda: text in process.output(), f"it says {text!r}", seconds)
