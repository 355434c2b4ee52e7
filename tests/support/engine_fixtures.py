"""Fixtures: a real ZEO server, and workers and enqueuers of the engine as processes."""

import os
import sys
from pathlib import Path

import pytest
import sample_jobs
import transaction
from cluster import Process
from cluster import ZEOServer
from cluster import choose_ports
from engine_database import open_database

from zc.async_ import interfaces
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.job import Job
from zc.async_.subscribers import queue_installer


SOURCES = (Path(sample_jobs.__file__).parent, Path(interfaces.__file__).parents[2])
PATHS = {"PYTHONPATH": os.pathsep.join(map(str, SOURCES))}


@pytest.fixture
def zeo(tmp_path):
    (port,) = choose_ports(None)
    server = ZEOServer(tmp_path / "zeo", port)
    process = server.start()
    yield server
    process.stop()


@pytest.fixture
def database(zeo):
    """What ``open_database`` takes; that of other servers is another."""
    return str(zeo.port)


@pytest.fixture
def queue(database):
    db = open_database(database)
    queue_installer(DatabaseOpened(db))
    connection = db.open()
    yield connection.root()[KEY][""]
    transaction.abort()
    db.close()


@pytest.fixture
def launch(database, tmp_path):
    """Start a process: ``launch("engine_worker", uuid="one")``. All are ended after the test."""
    running = []

    def start(module, *args, uuid="enqueuer"):
        environment = {**PATHS, "ZC_ASYNC_UUID": str(tmp_path / f"{uuid}.txt")}
        command = [sys.executable, "-m", module, database, *map(str, args)]
        process = Process(module, command, tmp_path / f"{module}-{len(running)}.log", environment)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()


@pytest.fixture
def start_worker(launch):
    def start(uuid="worker", size=3, poll_interval=3600, advance=0, port=""):
        process = launch("engine_worker", size, poll_interval, advance, port, uuid=uuid)
        process.wait_for(lambda: "working" in process.output(), "it works", 30)
        return process

    return start


@pytest.fixture
def put(queue):
    """Queue a job and commit."""

    def put(callable, *args, quota_names=(), **terms):
        job = Job(callable, *args)
        job.quota_names = quota_names
        queue.put(job, **terms)
        transaction.commit()
        return job

    return put
