"""The clock of one worker is wrong."""

import signal
from datetime import timedelta

import fault_jobs
import ledger
import pytest
import transaction

from zc.async_.interfaces import KEY
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional

FIVE_MINUTES = 300
FOUND_DEAD = "shows no sign of life; its jobs are rescued"


@pytest.fixture
def count(queue, full):
    """Lets dead workers be found soon, and has jobs wait; their number."""
    queues = queue._p_jar.root()[KEY]
    queues.ping_interval, queues.ping_death_interval = timedelta(seconds=0.5), timedelta(seconds=3)
    ledger.open_book(queue._p_jar.root(), "book")
    transaction.commit()
    count = 1000 if full else 80
    ledger.enter(queue, "book", range(count), 0.1)
    return count


@pytest.fixture
def start_two(start_worker):
    """Start a worker with the right time and one with another."""

    def start(advance):
        right = start_worker("right", size=2, poll_interval=0.5)
        return right, start_worker("wrong", size=2, poll_interval=0.5, advance=advance)

    return start


@pytest.fixture
def all_are_done_once(queue, count):
    """Wait for that; nobody was taken for dead, and all did their part."""

    def check(*workers):
        wait_until(lambda: ledger.is_idle(queue), 120, lambda: f"{len(queue)} jobs wait, {ledger.done(queue)} are done")
        ledger.check(queue, book=count)
        assert ledger.rescues(queue) == 0
        assert all(len(ledger.filed_by(record)) > 0 for record in queue.dispatchers.values())
        assert [worker.exit_code for worker in workers] == [None, None]
        assert not any(FOUND_DEAD in worker.output() for worker in workers)

    return check


@pytest.mark.parametrize(("advance", "victim"), [(FIVE_MINUTES, "wrong"), (-FIVE_MINUTES, "right")])
def test_only_one_that_is_dead_is_taken_for_it(start_two, all_are_done_once, advance, victim):
    right, wrong = start_two(advance)
    all_are_done_once(right, wrong)
    killed, left = (right, wrong) if victim == "right" else (wrong, right)
    killed.send(signal.SIGKILL)
    wait_until(lambda: FOUND_DEAD in left.output(), 30, lambda: f"it does not notice: {left.tail()}")


def test_a_clock_that_jumps_while_jobs_run(put, start_two, all_are_done_once):
    workers = start_two(0)
    for seconds in FIVE_MINUTES, -FIVE_MINUTES:
        wait_for_result(put(fault_jobs.turn_clock, seconds), 60)
    all_are_done_once(*workers)
