"""The ZEO server is stopped, or killed in the middle of a commit, while others queue and run jobs."""

import time

import fault_jobs
import ledger
import mortal_server
import pytest
import transaction
from engine_database import open_database
from persistent.list import PersistentList
from sample_jobs import Counter

from zc.async_.interfaces import KEY
from zc.async_.job import Job
from zc.async_.oids import keep_apart
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional

NAMES = ("one", "two")

PAUSE = 0.03
"""Seconds between two jobs, so that there are some to queue whenever the server goes, on a fast machine, too."""


class Load:
    """Two processes that queue jobs and two that run them, each job with an entry in the ledger."""

    def __init__(self, queue, launch, start_worker, count):
        self.queue = queue
        self.count = count
        for name in NAMES:
            ledger.open_book(queue._p_jar.root(), name)
        transaction.commit()
        self.workers = [start_worker(name, poll_interval=0.5) for name in NAMES]
        self.keepers = [launch("ledger_keeper", name, count, 1, PAUSE) for name in NAMES]
        for keeper in self.keepers:
            keeper.wait_for(lambda keeper=keeper: "queueing" in keeper.output(), "it queues", 30)
        self.goes_on()

    def goes_on(self):
        """Wait until more is done than now, or all."""
        wait_until(self.queue._p_jar.db().storage.is_connected, 60, lambda: "the test itself has no connection")
        before = min(ledger.done(self.queue), len(NAMES) * self.count - 1)
        wait_until(lambda: ledger.done(self.queue) > before, 60, lambda: f"nothing is done any more, after {before}")

    def all_live(self):
        return self.all_work() and all(keeper.exit_code in (None, 0) for keeper in self.keepers)

    def comes_to_its_end(self):
        """Wait until all is done, and check that it was done once."""
        assert [keeper.wait(300) for keeper in self.keepers] == [0, 0]
        wait_until(
            lambda: ledger.is_idle(self.queue),
            120,
            lambda: f"{len(self.queue)} jobs wait, {ledger.done(self.queue)} are done",
        )
        assert self.all_work()
        ledger.check(self.queue, **dict.fromkeys(NAMES, self.count))

    def all_work(self):
        return all(worker.exit_code is None for worker in self.workers)


@pytest.fixture
def load(queue, launch, start_worker, full):
    return Load(queue, launch, start_worker, 4000 if full else 600)


def test_stopped_for_a_while(zeo, load, full):
    zeo.process.stop()
    back = time.monotonic() + (30 if full else 3)
    while time.monotonic() < back:
        assert load.all_live()
        time.sleep(0.1)
    zeo.start()
    load.goes_on()
    load.comes_to_its_end()
    assert ledger.rescues(load.queue) == 0


def test_killed_in_mid_commit(zeo, load, full):
    for _ in range(5 if full else 1):
        for point in mortal_server.POINTS:
            zeo.dies_at(point)
            assert zeo.process.wait(60) == -9
            zeo.start()
            load.goes_on()
    load.comes_to_its_end()
    assert ledger.rescues(load.queue) == 0


def test_objects_that_are_made_after_a_restart(zeo, database, put, start_worker):
    """The worker has reserved numbers for them that the server gives to others meanwhile."""
    worker = start_worker(poll_interval=0.5)
    assert wait_for_result(put(fault_jobs.make_objects, "before", 1), 20) == 1
    zeo.process.stop()
    zeo.start()
    other = open_database(database)
    try:
        connection = other.open()
        connection.root()["meanwhile"] = PersistentList(Counter() for _ in range(150))
        job = connection.root()[KEY][""].put(Job(fault_jobs.make_objects, "afterwards", 10))
        transaction.commit()
        assert wait_for_result(job, 60) == 10
        assert job.interruptions == 0
        assert "again after attempt" not in worker.output()
    finally:
        transaction.abort()
        other.close()


def test_a_transaction_that_makes_objects_before_and_after_a_restart(zeo, queue):
    """The server gives the numbers again that it gave before, since it has not seen them used."""
    db = queue._p_jar.db()
    keep_apart(db)
    root = queue._p_jar.root()
    before = root["before"] = PersistentList(Counter() for _ in range(2))
    for counter in (before, *before):
        queue._p_jar.add(counter)
    zeo.process.stop()
    zeo.start()
    wait_until(db.storage.is_connected, 60, lambda: "there is no connection")
    after = root["after"] = PersistentList(Counter() for _ in range(300))
    for counter in before:
        counter.increase(7)
    transaction.commit()

    queue._p_jar.cacheMinimize()
    assert [counter.value for counter in before] == [7, 7]
    assert [counter.value for counter in after] == [0] * 300
    assert len({counter._p_oid for counter in (*before, *after)}) == 302
