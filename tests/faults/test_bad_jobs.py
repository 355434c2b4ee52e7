"""Jobs that do what no job should do: their worker goes on, and each tells why it failed."""

import signal
import time

import fault_jobs
import pytest
import sample_jobs
import transaction
from fault_jobs import MB
from ZODB.POSException import ConnectionStateError

from zc.async_.interfaces import KEY
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import JobCancelled
from zc.async_.interfaces import JobNotPicklable
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start


pytestmark = pytest.mark.functional

FAILING = [
    (fault_jobs.raise_system_exit, SystemExit, "the job wants to leave"),
    (fault_jobs.raise_keyboard_interrupt, KeyboardInterrupt, "as if somebody had pressed Ctrl-C"),
    (fault_jobs.eat_memory, MemoryError, ""),
    (fault_jobs.recurse, RecursionError, "maximum recursion depth exceeded"),
    (
        fault_jobs.mark_and_return_lock,
        JobNotPicklable,
        "the result cannot be stored in the database: <unlocked _thread",
    ),
    (fault_jobs.mark_and_close_connection, ConnectionStateError, "a job cannot close its connection to the database"),
]
"""With what each fails, and a part of the message."""

GOING_WELL = [
    (fault_jobs.mark_and_abort, "aborted"),
    (fault_jobs.mark_and_commit, "committed"),
    (fault_jobs.leave_thread, "left a thread"),
]


@pytest.fixture
def worker(start_worker):
    """A worker with one thread, and so one that is to survive."""
    return start_worker(size=1, poll_interval=1)


@pytest.fixture
def serves(put, worker):
    """The same process still runs jobs."""

    def serves():
        return wait_for_result(put(sample_jobs.add, 40), 20) == 42 and worker.exit_code is None

    return serves


def test_jobs_that_fail_and_do_not_take_their_worker_along(queue, put, serves):
    for function, error, message in FAILING:
        job = put(function)
        result = wait_for_result(job, 60)
        assert result.check(error), result
        assert message in result.getErrorMessage()
        assert job.interruptions == 0
        assert serves()
    assert list(queue._p_jar.root()) == [KEY]


def test_jobs_that_go_well_all_the_same(queue, put, serves):
    for function, expected in GOING_WELL:
        assert wait_for_result(put(function), 60) == expected
        assert serves()
    assert list(queue._p_jar.root()) == [KEY, "committed"], "what was done before an abort is dropped"


def test_a_large_result(put, serves, full):
    """A ZEO server takes its time with it."""
    size = 50 * MB if full else 5 * MB
    assert len(wait_for_result(put(fault_jobs.return_much, size), 120)) == size
    assert serves()


def test_a_job_that_ends_its_process_each_time(put, start_worker):
    job = put(fault_jobs.exit_process, retry_policy_factory=sample_jobs.TwoLives)
    other = put(sample_jobs.add, 40)
    for _ in range(2):
        assert start_worker(size=1).wait(20) == 9
    start_worker(size=1)
    assert wait_for_result(job, 20).check(AbortedError)
    assert wait_for_result(other, 20) == 42


def test_a_job_that_never_ends_can_be_cancelled(put, serves):
    job = put(fault_jobs.never_end)
    wait_for_start(job, 20)
    assert not job.cancel("enough")
    transaction.commit()
    assert wait_for_result(job, 20).check(JobCancelled)
    assert serves()


def test_a_worker_stops_though_its_job_never_ends(queue, put, worker):
    job = put(fault_jobs.never_listen)
    wait_for_start(job, 20)
    began = time.monotonic()
    worker.send(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert time.monotonic() - began < 10
    transaction.begin()
    assert list(queue) == [job]
    assert job.interruptions == 1
