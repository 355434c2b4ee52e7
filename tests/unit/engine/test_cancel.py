"""Cancelling jobs in every state."""

import pytest
import sample_jobs
import transaction
import zope.component
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import ConflictError

from zc.async_ import cancel
from zc.async_ import local
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import IJobCompleted
from zc.async_.interfaces import JobCancelled
from zc.async_.job import Job
from zc.async_.retry import RetryWithBackoff
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until


@pytest.fixture(autouse=True)
def look_always(monkeypatch):
    monkeypatch.setattr(cancel, "LOOK_INTERVAL", 0)


def until_cancelled(name):
    """Work, until somebody says that it is enough."""
    sample_jobs.mark(name)
    for _ in range(1000):
        local.checkCancelled()
        sample_jobs.GATES["pause"].wait(0.01)
    return "never cancelled"


def hold_and_conflict(name):
    sample_jobs.hold(name)
    return sample_jobs.conflict_counted(name, 1)


def test_a_waiting_job_ends_at_once(queue, put):
    job = put(sample_jobs.add, 1)
    assert job.cancel("not needed any more") is True
    transaction.commit()
    assert job.status == COMPLETED
    assert job.result.check(JobCancelled)
    assert job.result.getErrorMessage() == "not needed any more"
    assert len(queue) == 0
    assert list(queue.cancelled) == [job]
    assert ("cancelled", "not needed any more") in [(entry.what, entry.details) for entry in job.timeline]


def test_cancelling_is_part_of_the_callers_transaction(queue, put):
    job = put(sample_jobs.add, 1)
    job.cancel()
    transaction.abort()
    assert job.status == PENDING
    assert list(queue) == [job]


def test_a_cancelled_job_is_told_of_in_the_callers_transaction(put, log):
    heard = []
    zope.component.provideHandler(lambda event: heard.append((event.object, event.succeeded)), [IJobCompleted])
    zope.component.provideHandler(fail_after_a_change, [IJobCompleted])
    job = put(sample_jobs.add, 1)
    assert job.cancel() is True
    assert heard == [(job, False)]
    transaction.commit()
    assert job.status == COMPLETED
    assert "half" not in job._p_jar.root()
    assert "a subscriber to the completion of" in log.text


@pytest.mark.parametrize("kind", [ConflictError, ClientDisconnected, KeyboardInterrupt])
def test_what_is_meant_for_the_one_who_cancels_reaches_him(put, kind):
    def subscriber(event):
        raise kind

    zope.component.provideHandler(subscriber, [IJobCompleted])
    job = put(sample_jobs.add, 1)
    with pytest.raises(kind):
        job.cancel()
    transaction.abort()
    assert job.status == PENDING


def fail_after_a_change(event):
    event.object._p_jar.root()["half"] = True
    raise ValueError("broken")


def test_a_cancelled_job_is_never_run(put, dispatch):
    job = put(sample_jobs.mark, "cancelled")
    job.cancel()
    transaction.commit()
    dispatch()
    wait_for_result(put(sample_jobs.add, 1))
    assert "cancelled" not in job._p_jar.root()


def test_callbacks_of_a_cancelled_job_are_run(queue, dispatch):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(str)
    queue.put(job)
    transaction.commit()
    job.cancel("enough")
    transaction.commit()
    dispatch()
    assert wait_for_result(job).check(JobCancelled)
    assert "enough" in callback.result


def test_a_running_job_ends_when_it_asks(put, dispatch):
    dispatch()
    job = put(until_cancelled, "running")
    wait_for_start(job)
    assert job.cancel("stop") is False
    transaction.commit()
    result = wait_for_result(job)
    assert result.check(JobCancelled)
    assert result.getErrorMessage() == "stop"
    assert "running" not in job._p_jar.root()


def test_a_cancelled_job_is_not_tried_again_by_its_policy(put, dispatch):
    dispatch()
    job = put(until_cancelled, "running", retry_policy_factory=RetryWithBackoff)
    wait_for_start(job)
    job.cancel()
    transaction.commit()
    assert wait_for_result(job).check(JobCancelled)


def test_a_running_job_that_does_not_ask_goes_on(put, dispatch, release, wait_for_arrival):
    dispatch()
    job = put(sample_jobs.hold, "held")
    wait_for_arrival("held")
    assert job.cancel() is False
    transaction.commit()
    release("held")
    assert wait_for_result(job) == "held"


def test_a_running_job_is_not_attempted_again(put, dispatch, release, wait_for_arrival):
    dispatch()
    job = put(hold_and_conflict, "conflict")
    wait_for_arrival("conflict")
    job.cancel()
    transaction.commit()
    release("conflict")
    assert wait_for_result(job).check(JobCancelled)
    assert sample_jobs.ATTEMPTS["conflict"] == 1


def test_a_job_whose_worker_vanished_is_not_run_again(queue, put, dispatch, release, wait_for_arrival):
    one = dispatch()
    job = put(sample_jobs.hold, "held")
    wait_for_arrival("held")
    job.cancel()
    transaction.commit()
    one.deactivate(0.1)
    dispatch()
    assert wait_for_result(job).check(JobCancelled)


@pytest.mark.parametrize("status", ["new", "completed"])
def test_only_jobs_that_wait_or_run_can_be_cancelled(put, dispatch, status):
    job = Job(sample_jobs.add, 1)
    if status == "completed":
        dispatch()
        job = put(sample_jobs.add, 1)
        wait_for_result(job)
    with pytest.raises(BadStatusError, match="can only call cancel on a job with PENDING, ASSIGNED or ACTIVE status"):
        job.cancel()


def test_a_callback_cannot_be_cancelled(queue):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(str)
    queue.put(job)
    with pytest.raises(BadStatusError, match="in a queue itself"):
        callback.cancel()


def test_checking_outside_a_job_does_nothing():
    local.checkCancelled()


def test_looks_at_the_database_are_rare(put, dispatch, monkeypatch):
    monkeypatch.setattr(cancel, "LOOK_INTERVAL", 3600)
    looks = []
    monkeypatch.setattr(cancel.notes, "read", lambda *args: looks.append(args))
    dispatch()
    job = put(check_often)
    wait_until(lambda: looks, 5, lambda: "no look")
    assert wait_for_result(job) == "done"
    assert len(looks) == 1


def check_often():
    for _ in range(100):
        local.checkCancelled()
    return "done"
