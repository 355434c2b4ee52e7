"""The probes that plone.observability's health server answers with."""

import threading
from datetime import timedelta

import pytest
from plone.observability.health.server import run_checks
from plone.observability.interfaces import ILivenessCheck
from plone.observability.interfaces import IReadinessCheck
from ZODB.interfaces import IDatabase
from zope.component import getGlobalSiteManager

from plone.app.async_.config import InitSingleDBWorker
from plone.app.async_.interfaces import IInitAsync
from plone.app.async_.observability.health import NO_JOBS_HERE
from plone.app.async_.observability.health import NOT_AT_WORK
from plone.app.async_.worker import DISABLED
from zc.async_ import clock
from zc.async_.testing import wait_until


def ours(interface):
    """Our checks of that kind, by name."""
    return {name: check for name, check in run_checks(interface)[1].items() if name.startswith("plone.app.async")}


def is_ready():
    return ours(IReadinessCheck)["plone.app.async"]["ok"]


@pytest.fixture
def in_a_minute():
    """Sets the clock forward."""

    def set_forward():
        now = clock.now() + timedelta(minutes=1)
        clock.set_source(lambda: now)

    yield set_forward
    clock.set_source(None)


def test_a_process_that_runs_no_jobs_is_well(functional):
    told = {"ok": True, "message": NO_JOBS_HERE.words}
    assert ours(ILivenessCheck) == {"plone.app.async": told}
    assert ours(IReadinessCheck)["plone.app.async"] == told


def test_a_worker_at_work_is_alive_and_ready(worker):
    wait_until(is_ready, 10, lambda: f"{ours(IReadinessCheck)}")
    assert ours(ILivenessCheck)["plone.app.async"]["message"] == f"dispatcher {worker.UUID} is RUNNING"


@pytest.fixture
def hang(worker, monkeypatch):
    """Lets the dispatcher hang in its next pass, until the test is over."""
    hangs, goes_on = threading.Event(), threading.Event()

    def poll():
        hangs.set()
        goes_on.wait(30)

    def hang():
        monkeypatch.setattr(worker, "poll", poll)
        worker.wake()
        assert hangs.wait(10)

    yield hang
    goes_on.set()


def test_a_dispatcher_that_hangs_is_neither(worker, in_a_minute, hang):
    wait_until(is_ready, 10, lambda: f"{ours(IReadinessCheck)}")
    hang()
    in_a_minute()
    for interface in (ILivenessCheck, IReadinessCheck):
        told = ours(interface)["plone.app.async"]
        assert not told["ok"]
        assert told["message"].startswith(f"dispatcher {worker.UUID} has not looked for jobs for ")


@pytest.fixture
def role(functional):
    """This process is a worker."""
    init = InitSingleDBWorker()
    components = getGlobalSiteManager()
    components.registerUtility(init, IInitAsync)
    yield init
    components.unregisterUtility(init, IInitAsync)


def test_a_worker_that_did_not_start_is_not_ready(role):
    assert ours(ILivenessCheck)["plone.app.async"]["ok"]
    assert ours(IReadinessCheck)["plone.app.async"] == {"ok": False, "message": NOT_AT_WORK.words}


def test_unless_it_is_told_to_run_none(role, monkeypatch):
    monkeypatch.setenv(DISABLED, "1")
    assert is_ready()


class Served:
    """A database with a server, which is there or not."""

    database_name = "async"
    is_there = True

    @property
    def storage(self):
        return self

    def is_connected(self):
        return self.is_there


def test_databases_that_are_away_are_named(functional):
    components, database = getGlobalSiteManager(), Served()
    components.registerUtility(database, IDatabase, "async")
    try:
        assert ours(IReadinessCheck)["plone.app.async.databases"] == {
            "ok": True,
            "message": "database 'async' is connected",
        }
        database.is_there = False
        assert ours(IReadinessCheck)["plone.app.async.databases"] == {
            "ok": False,
            "message": "the server of database 'async' is away",
        }
    finally:
        components.unregisterUtility(database, IDatabase, "async")
