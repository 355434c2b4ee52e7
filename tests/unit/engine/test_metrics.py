"""What a process counts: once each, when it is committed."""

import logging
from datetime import timedelta

import pytest
import sample_jobs
import transaction
import zope.component
from asking import answer

from zc.async_ import instanceuuid
from zc.async_ import local
from zc.async_.agent import Agent
from zc.async_.interfaces import IJobCompleted
from zc.async_.job import Job
from zc.async_.metrics import BOUNDS
from zc.async_.metrics import Histogram
from zc.async_.metrics import process
from zc.async_.monitor import async_
from zc.async_.retry import RetryWithBackoff
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


@pytest.fixture(autouse=True)
def zero():
    process.clear()


def counted():
    """The figures of the default queue."""
    return process.figures([""]).queues[""]


def outcomes():
    """Those that there were."""
    return {outcome: number for outcome, number in counted().outcomes.items() if number}


def wait_for_outcomes(number):
    """The outcomes, once there are so many."""
    wait_until(lambda: sum(outcomes().values()) >= number, 6, lambda: f"only {counted()}")
    return outcomes()


def test_outcomes_by_queue(put, dispatch):
    dispatch()
    put(sample_jobs.add, 1)
    put(sample_jobs.add, 2)
    put(sample_jobs.fail)
    assert wait_for_outcomes(3) == {"succeeded": 2, "failed": 1}


def test_a_cancellation_counts_once_it_is_committed(put):
    put(sample_jobs.add, 1).cancel()
    transaction.abort()
    assert outcomes() == {}
    put(sample_jobs.add, 1).cancel()
    assert outcomes() == {}
    transaction.commit()
    assert outcomes() == {"cancelled": 1}


def test_callbacks_are_no_jobs_of_a_queue(put, dispatch):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(sample_jobs.add)
    put(job)
    dispatch()
    wait_for_result(callback)
    wait_for_outcomes(1)
    assert outcomes() == {"succeeded": 1}


def test_a_subscriber_that_conflicts_counts_no_outcome_twice(put, dispatch):
    def conflict_twice(event):
        seen.append(event)
        sample_jobs.conflict_counted("subscriber", 2)

    seen = []
    zope.component.provideHandler(conflict_twice, [IJobCompleted])
    dispatch()
    put(sample_jobs.add, 1)
    wait_until(lambda: len(seen) == 3, 6, lambda: f"told {len(seen)} times")
    assert outcomes() == {"succeeded": 1}


def test_attempts_made_again_at_once_are_retries_and_their_conflicts_are_counted(put, dispatch):
    dispatch()
    wait_for_result(put(sample_jobs.conflict_at_commit, "effect", 2))
    wait_for_outcomes(1)
    assert (counted().retries, process.figures().conflicts) == (2, {"job": 2, "claim": 0})
    assert outcomes() == {"succeeded": 1}


def test_a_job_that_is_put_off_is_an_outcome_and_no_retry(put, dispatch):
    job = Job(fail_at_first)
    job.retry_policy_factory = RetryWithBackoff(first=timedelta())
    put(job)
    dispatch()
    wait_for_result(job)
    assert wait_for_outcomes(2) == {"put-off": 1, "succeeded": 1}
    assert counted().retries == 0


def fail_at_first():
    logging.getLogger("my.addon").warning("once more")
    if not local.getJob().log:
        raise ValueError("not yet")


def test_rescues_count_once_they_are_committed(put, queue):
    record = queue.dispatchers.register(instanceuuid.current())
    record.activate()
    record["main"] = Agent()
    put(sample_jobs.add, 1)
    record["main"].claim_jobs(1)
    transaction.commit()
    record.deactivate()
    assert counted().rescues == 0
    transaction.commit()
    assert counted().rescues == 1


def test_durations_are_sorted_by_their_upper_bounds():
    histogram = Histogram()
    for seconds in (0.0, 0.01, 0.02, 3600, 5000):
        histogram.add(seconds)
    times = histogram.times()
    assert dict(zip((*BOUNDS, None), times.counts, strict=True)) == {
        0.01: 2,
        **dict.fromkeys(BOUNDS[1:-1], 3),
        3600: 4,
        None: 5,
    }
    assert times.seconds == 8600.03


def test_start_latency_and_run_time(put, dispatch, stopped_clock):
    put(sample_jobs.add, 1)
    stopped_clock.advance(seconds=7)
    dispatch()
    wait_for_outcomes(1)
    assert counted().start_latency.seconds == 7
    assert (counted().run_time.seconds, counted().run_time.counts[-1]) == (0, 1)


def test_threads_are_busy_or_free(put, dispatch, wait_for_arrival, release):
    dispatcher = dispatch(size=3)
    put(sample_jobs.hold, "held")
    wait_for_arrival("held")
    assert dispatcher.getThreads() == {"": (1, 2)}
    release("held")
    wait_until(lambda: dispatcher.getThreads() == {"": (0, 3)}, 6, lambda: f"{dispatcher.getThreads()}")


def test_the_monitor_tells_them(put, dispatch):
    dispatch(uid=instanceuuid.current())
    put(sample_jobs.add, 1)
    wait_for_outcomes(1)
    told = answer(async_, "metrics")
    assert told["bounds"] == list(BOUNDS)
    queue = told["queues"][""]
    assert queue["outcomes"] == {"succeeded": 1, "failed": 0, "cancelled": 0, "put-off": 0}
    assert (queue["retries"], queue["rescues"]) == (0, 0)
    assert queue["run time"]["counts"][-1] == 1
    assert sum(queue["threads"].values()) == 3
