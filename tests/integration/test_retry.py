"""Trying again after a while."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from ZODB.POSException import ConflictError

from plone.app.async_ import Job
from plone.app.async_ import RetryWithDelay
from plone.app.async_ import queue
from zc.async_ import clock
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import PENDING
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


MINUTE = timedelta(minutes=1)

attempts = {}


@pytest.fixture(autouse=True)
def no_attempts():
    attempts.clear()


@pytest.fixture
def stopped_clock(functional):
    """A clock that the test moves on; a worker looks at it each 0.2 seconds."""
    now = datetime.now(timezone.utc)
    clock.set_source(lambda: now)

    def advance(duration):
        nonlocal now
        now += duration

    yield advance
    clock.set_source(None)


def fail(name, times, error=ValueError):
    attempts[name] = attempts.get(name, 0) + 1
    if attempts[name] <= times:
        raise error(name)
    return attempts[name]


class Twice(RetryWithDelay):
    max_retries = 2


def queued(policy, *args):
    job = Job(fail, *args)
    job.retry_policy_factory = policy
    return queue(job)


def wait_for_retry(job, retry):
    """Wait until a job waits for its next attempt."""

    def look():
        transaction.begin()
        return job.status == PENDING and job.getRetryPolicy().data.get("job_error") == retry

    wait_until(look, 10, lambda: f"{job.status}, {attempts}")


def test_P27_it_is_tried_again_after_the_delay(site, stopped_clock, worker):
    job = queued(RetryWithDelay(5 * MINUTE), "once", 1)
    transaction.commit()
    wait_for_retry(job, 1)
    assert job.begin_after == clock.now() + 5 * MINUTE
    data = job.getRetryPolicy().data
    assert data["last_job_error"].check(ValueError)
    assert data["first_active"] == clock.now()
    stopped_clock(5 * MINUTE)
    assert wait_for_result(job, 10) == 2


def test_P27_K82_jobs_that_share_a_policy_do_not_disturb_each_other(site, stopped_clock, worker):
    policy = RetryWithDelay(MINUTE)
    often, once = queued(policy, "often", 3), queued(policy, "once", 1)
    transaction.commit()
    wait_for_retry(often, 1)
    wait_for_retry(once, 1)
    stopped_clock(MINUTE)
    assert wait_for_result(once, 10) == 2
    wait_for_retry(often, 2)
    assert once.getRetryPolicy().data["job_error"] == 1
    assert not hasattr(policy, "data")


@pytest.mark.parametrize("factory", [Twice, Twice(), Twice(MINUTE), RetryWithDelay(max_retries=2)])
def test_P27_max_retries_are_retries(site, stopped_clock, worker, factory):
    job = queued(factory, "for ever", 99)
    transaction.commit()
    for retry in (1, 2):
        wait_for_retry(job, retry)
        stopped_clock(timedelta(minutes=15))
    assert wait_for_result(job, 10).check(ValueError)
    assert attempts["for ever"] == 3


def test_P27_eight_retries_a_quarter_of_an_hour_apart_unless_said_otherwise():
    policy = RetryWithDelay()
    assert (policy.max_retries, policy.delay, policy.attempts) == (8, timedelta(minutes=15), 9)


def test_K82_conflicts_are_tried_again_at_once(site, stopped_clock, worker):
    job = queued(RetryWithDelay(MINUTE), "conflict", 3, ConflictError)
    transaction.commit()
    assert wait_for_result(job, 10) == 4
    assert job.status == COMPLETED
    assert "job_error" not in job.getRetryPolicy().data


def doom_once(name, times=1):
    attempts[name] = attempts.get(name, 0) + 1
    if attempts[name] <= times:
        transaction.doom()
    return attempts[name]


def test_P26_a_doomed_job_is_attempted_five_times(site, worker):
    job = queue(Job(doom_once, "doomed", 99))
    transaction.commit()
    assert "DoomedTransaction" in wait_for_result(job, 10).getTraceback()
    assert attempts["doomed"] == 5


def test_P26_a_callback_that_dooms_once_is_tried_again(site, worker):
    job = queue(Job(fail, "good", 0))
    callback = job.addCallback(doom_after)
    transaction.commit()
    wait_for_result(job, 10)
    assert callback.result == 2


def doom_after(result):
    return doom_once("callback")
