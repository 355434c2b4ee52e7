"""A ZEO server and two workers, each on a host of its own; the tests are the instance on a fourth."""

import sys
from datetime import timedelta

import pytest
import transaction
from cluster import Process
from engine_fixtures import PATHS
from engine_fixtures import put
from engine_fixtures import queue
from network import Network

from zc.async_.interfaces import KEY


__all__ = ["database", "network", "put", "queue", "start_worker"]

PORT = 8100


@pytest.fixture
def network():
    with Network() as network:
        yield network


@pytest.fixture
def database(network, tmp_path):
    """The address of a ZEO server on a host of its own."""
    host = network.host()
    address = f"{host.address}:{PORT}"
    command = host.command(sys.executable, "-m", "ZEO.runzeo", "-a", address, "-f", tmp_path / "Data.fs")
    process = Process("ZEO server", command, tmp_path / "zeo.log")
    yield address
    process.kill()


@pytest.fixture
def start_worker(network, database, tmp_path, queue):
    """Start a worker on a new host; the host and the process."""
    queues = queue._p_jar.root()[KEY]
    queues.ping_interval = timedelta(seconds=1)
    queues.ping_death_interval = timedelta(seconds=4)
    transaction.commit()
    running = []

    def start():
        host = network.host()
        environment = {**PATHS, "ZC_ASYNC_UUID": str(tmp_path / f"{host.address}.txt")}
        command = host.command(sys.executable, "-m", "engine_worker", database, 1, 0.5)
        process = Process("worker", command, tmp_path / f"{host.address}.log", environment)
        running.append(process)
        process.wait_for(lambda: "working" in process.output(), "it works", 30)
        return host, process

    yield start
    for process in running:
        process.kill()
