"""A ZEO server that can be stopped, killed and cut short, with workers and enqueuers as processes."""

import random
import resource
from pathlib import Path

import mortal_server
import pytest
from cluster import Process
from cluster import ZEOServer
from cluster import choose_ports
from engine_fixtures import database
from engine_fixtures import launch
from engine_fixtures import put
from engine_fixtures import queue
from engine_fixtures import start_worker
from storage_check import check_storage


__all__ = ["database", "launch", "put", "queue", "start_worker"]


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="tests/faults: with as many jobs and as much time as it takes")
    parser.addoption("--seed", type=int, help="tests/faults: when things happen, as in the run that printed it")


@pytest.fixture
def full(request):
    """Chooses between the figures of the short version and those of ``make test-faults``."""
    return request.config.getoption("--full", False)


@pytest.fixture
def dice(request):
    """Says when something is to happen; ``ARGS="--seed N"`` repeats what was seen."""
    seed = request.config.getoption("--seed", None)
    seed = random.randrange(10**6) if seed is None else seed
    print(f"seed {seed}")
    return random.Random(seed)


class Server:
    """The ZEO server of a test; ``process`` is the one of its life now."""

    def __init__(self, zeo: ZEOServer) -> None:
        self._zeo = zeo
        self.port = zeo.port
        self.file = zeo.file(zeo.storages[0])
        self.start()

    def start(self) -> None:
        self.process: Process = self._zeo.start()
        self._zeo.wait_until_serving(self.process)

    def leave_room(self, size: int) -> None:
        """Let its files have that many bytes more than the storage has now, as if the disk were full then."""
        self._limit(self.file.stat().st_size + size)

    def give_room(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def dies_at(self, point: str) -> None:
        """Let it die when the next commit comes to that point."""
        (self._zeo.home / mortal_server.ORDER).write_text(point, "utf-8")


@pytest.fixture
def zeo(tmp_path):
    """The server. What it leaves behind must be a sound storage."""
    (port,) = choose_ports(None)
    server = Server(ZEOServer(tmp_path / "zeo", port, program=[Path(mortal_server.__file__)]))
    yield server
    server.process.stop()
    check_storage(server.file)
