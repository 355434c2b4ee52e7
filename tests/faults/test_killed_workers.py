"""Workers are killed at any moment and started again: each job is done once."""

import signal
import time
from datetime import timedelta

import ledger
import pytest
import transaction

from zc.async_.interfaces import KEY
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional

SECONDS_A_JOB = 0.05
LIMIT = 400  # seconds


@pytest.fixture
def book(queue, full):
    """A book with many jobs in a paused queue; their number. Of five, two share the two places of a quota."""
    count = 1000 if full else 100
    ledger.open_book(queue._p_jar.root(), "book")
    queue.quotas.create("two", 2)
    queue.paused = True
    transaction.commit()
    for first in range(0, count, 25):
        ledger.enter(queue, "book", range(first, first + 15), SECONDS_A_JOB)
        ledger.enter(queue, "book", range(first + 15, first + 25), SECONDS_A_JOB, ("two",))
    return count


@pytest.fixture
def kill_and_replace(queue, book, dice, full):
    """Kill a worker that is at work, at any moment, and start another in its place, until all jobs are done.

    How many were killed.
    """
    longest = 3 if full else 1

    def kill_and_replace(workers, start):
        transaction.begin()
        queue.paused = False  # not before: the first worker could do all jobs while others start
        transaction.commit()
        killed = 0
        deadline = time.monotonic() + LIMIT
        while ledger.done(queue) < book:
            assert time.monotonic() < deadline, f"{ledger.done(queue)} are done"
            time.sleep(dice.uniform(0, longest))
            victim = dice.randrange(len(workers))
            pid = workers[victim].pid
            wait_until(lambda pid=pid: ledger.works(queue, pid) or ledger.done(queue) == book, 60, lambda: "it is idle")
            workers[victim].send(signal.SIGKILL)
            workers[victim].wait(10)
            killed += 1
            workers[victim] = start()
        wait_until(lambda: ledger.is_idle(queue), 60, lambda: f"{len(queue)} jobs wait, {ledger.done(queue)} are done")
        return killed

    return kill_and_replace


def test_one_worker_that_comes_back_with_its_identity(queue, book, kill_and_replace, start_worker):
    killed = kill_and_replace([start_worker()], start_worker)
    ledger.check(queue, book=book)
    assert 0 < ledger.rescues(queue) <= 3 * killed


def test_several_workers_of_which_none_comes_back(queue, book, kill_and_replace, start_worker):
    """Their jobs are found by the signs of life that do not come any more."""
    queues = queue._p_jar.root()[KEY]
    queues.ping_interval, queues.ping_death_interval = timedelta(seconds=0.5), timedelta(seconds=1.5)
    transaction.commit()
    names = iter(range(1000))

    def start():
        return start_worker(f"worker-{next(names)}", poll_interval=0.2)

    killed = kill_and_replace([start(), start()], start)
    ledger.check(queue, book=book)
    assert 0 < ledger.rescues(queue) <= 3 * killed
