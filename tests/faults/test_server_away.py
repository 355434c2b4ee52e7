"""The ZEO server is stopped, or killed in the middle of a commit, while others queue and run jobs."""

import time

import ledger
import mortal_server
import pytest
import transaction

from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional

NAMES = ("one", "two")


class Load:
    """Two processes that queue jobs and two that run them, each job with an entry in the ledger."""

    def __init__(self, queue, launch, start_worker, count):
        self.queue = queue
        self.count = count
        for name in NAMES:
            ledger.open_book(queue._p_jar.root(), name)
        transaction.commit()
        self.workers = [start_worker(name, poll_interval=0.5) for name in NAMES]
        self.keepers = [launch("ledger_keeper", name, count) for name in NAMES]
        for keeper in self.keepers:
            keeper.wait_for(lambda keeper=keeper: "queueing" in keeper.output(), "it queues", 30)
        self.goes_on()

    def goes_on(self):
        """Wait until more is done than now."""
        wait_until(self.queue._p_jar.db().storage.is_connected, 60, lambda: "the test itself has no connection")
        before = ledger.done(self.queue)
        wait_until(lambda: ledger.done(self.queue) > before, 60, lambda: f"nothing is done any more, after {before}")

    def all_live(self):
        return all(process.exit_code is None for process in (*self.workers, *self.keepers))

    def comes_to_its_end(self):
        """Wait until all is done, and check that it was done once."""
        assert [keeper.wait(120) for keeper in self.keepers] == [0, 0]
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
    return Load(queue, launch, start_worker, 2000 if full else 300)


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
