"""A database with a queue, a clock that stands still, and dispatchers that end with the test."""

import logging
import threading
import uuid
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import sample_jobs
import transaction
import ZODB
import zope.component
import zope.component.event
from zope.component.testing import setUp
from zope.component.testing import tearDown

from zc.async_ import clock
from zc.async_ import dispatcher
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.job import Job
from zc.async_.subscribers import AgentInstaller
from zc.async_.subscribers import queue_installer
from zc.async_.testing import wait_until


def pytest_collection_modifyitems(items):
    for item in items:
        if "/unit/engine/" in item.path.as_posix():
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)


@pytest.fixture(autouse=True)
def components():
    setUp()
    yield
    dispatcher.clear()
    tearDown()


@pytest.fixture
def db(tmp_path):
    opened = ZODB.DB(str(tmp_path / "Data.fs"))
    yield opened
    transaction.abort()
    opened.close()


@pytest.fixture
def connection(db):
    queue_installer(DatabaseOpened(db))
    return db.open()


@pytest.fixture
def queue(connection):
    return connection.root()[KEY][""]


@pytest.fixture
def put(queue):
    """Queue a job, or a callable with arguments, and commit."""

    def put(item, *args, **terms):
        job = queue.put(item if isinstance(item, Job) else Job(item, *args), **terms)
        transaction.commit()
        return job

    return put


class Clock:
    """Tells the time that a test sets."""

    def __init__(self):
        self.time = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)

    def __call__(self):
        return self.time

    def advance(self, **duration):
        self.time += timedelta(**duration)


@pytest.fixture
def stopped_clock():
    fake = Clock()
    clock.set_source(fake)
    yield fake
    clock.set_source(None)


def worker_threads():
    """Threads that may still use the database."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("zc.async")]


@pytest.fixture
def dispatch(db):
    """Start dispatchers: ``dispatch(size=3)``. They are ended after the test."""
    started = []

    def start(size=3, uid=None, poll_interval=5, activate=True, reactor=None, **agent):
        zope.component.provideHandler(AgentInstaller("main", size=size, **agent), [IDispatcherActivated])
        one = dispatcher.Dispatcher(db, reactor, poll_interval, uid or uuid.uuid4())
        if activate:
            one.activate()
        else:
            one.prepare()
        started.append(one)
        return one

    yield start
    sample_jobs.GATES.open_all()
    for one in started:
        if one.activated is not None:
            one.deactivate(5)
    wait_until(lambda: not worker_threads(), 10, lambda: f"threads go on: {worker_threads()}")
    sample_jobs.GATES.reset()
    sample_jobs.ATTEMPTS.clear()


@pytest.fixture
def log(caplog):
    """The records of the engine's loggers."""
    caplog.set_level(logging.DEBUG, logger="zc.async")
    return caplog


@pytest.fixture
def wait_for_arrival():
    """Wait until the held job of that name is at its gate: a started job may not have reached a thread yet."""

    def wait(name):
        wait_until(lambda: name in sample_jobs.GATES.arrived, 6, lambda: f"{name} did not arrive")
        transaction.begin()

    return wait


@pytest.fixture
def release():
    """Let the held job of that name go on."""

    def go(name):
        sample_jobs.GATES[name].set()

    return go
