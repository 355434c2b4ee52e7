"""A dispatcher at work, with its real threads."""

import logging
import threading
import uuid
from datetime import timedelta

import pytest
import sample_jobs
import transaction
import zope.component
from twisted.python.failure import Failure
from ZODB.ActivityMonitor import ActivityMonitor
from ZODB.DB import DB
from ZODB.POSException import ConnectionStateError

from zc.async_ import dispatcher as dispatchers
from zc.async_.connections import kept_open
from zc.async_.dispatcher import Dispatcher
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import IJobCompleted
from zc.async_.interfaces import TimeoutError
from zc.async_.job import Job
from zc.async_.retry import NeverRetry
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until


def test_E118_a_job_runs(put, dispatch):
    dispatch()
    assert wait_for_result(put(sample_jobs.add, 40)) == 42


def test_jobs_put_before_the_worker_started_run(put, dispatch):
    job = put(sample_jobs.add, 40)
    dispatch()
    assert wait_for_result(job) == 42


def test_E113_a_put_wakes_the_dispatcher(put, dispatch):
    dispatch(poll_interval=3600)
    for number in range(20):
        assert wait_for_result(put(sample_jobs.add, number)) == number + 2


def test_K32_finished_jobs_make_room_at_once(put, dispatch):
    dispatch(poll_interval=3600)
    jobs = [put(sample_jobs.add, number) for number in range(60)]
    assert [wait_for_result(job) for job in jobs] == [number + 2 for number in range(60)]


def test_a_due_time_wakes_the_dispatcher(put, dispatch):
    dispatch(poll_interval=3600)
    begin_after = dispatchers.clock.now() + timedelta(seconds=0.3)
    job = put(sample_jobs.add, 1, begin_after=begin_after)
    assert job.status == PENDING
    wait_for_result(job)
    assert begin_after <= job.active_start < begin_after + timedelta(seconds=2)


def test_other_quotas_wake_the_dispatcher(queue, put, dispatch, wait_for_arrival):
    queue.quotas.create("full")
    transaction.commit()
    one = dispatch(activate=False)
    holder, job = Job(sample_jobs.hold, "holder"), Job(sample_jobs.add, 1)
    for each in holder, job:
        each.quota_names = ("full",)
        put(each)
    one.poll()
    wait_for_arrival("holder")
    while one._bell.is_set():
        one.poll()
    transaction.begin()
    job.quota_names = ()
    transaction.commit()
    wait_until(one._bell.is_set, 5, lambda: "nobody wakes it")
    one.poll()
    assert wait_for_result(job) == 3


def test_E31_effects_and_result_are_one_commit(db, put, dispatch):
    dispatch()
    job = put(sample_jobs.mark, "effect")
    wait_for_result(job)
    assert job._p_jar.root()["effect"] == 1
    assert db.history(job._p_oid)[0]["tid"] == db.history(job._p_jar.root()._p_oid)[0]["tid"]


def test_E30_active_is_seen_while_the_job_runs(put, dispatch, release):
    dispatch()
    job = put(sample_jobs.hold, "held")
    wait_for_start(job)
    assert job.status == ACTIVE
    assert job.active_start is not None
    release("held")
    wait_for_result(job)
    assert job.active_start <= job.active_end


def test_a_job_knows_where_it_is(put, dispatch):
    one = dispatch()
    job = put(sample_jobs.who)
    assert wait_for_result(job) == (repr(job), ACTIVE, "", "main", str(one.UUID))


def test_a_failure_is_logged_and_frees_the_thread(put, dispatch, log):
    dispatch(size=1)
    result = wait_for_result(put(sample_jobs.fail, "oh no"))
    assert isinstance(result, Failure)
    assert wait_for_result(put(sample_jobs.add, 1)) == 3
    (record,) = [record for record in log.records if record.levelno >= logging.ERROR]
    assert (record.name, record.levelname) == ("zc.async.events", "ERROR")
    assert "oh no" in record.getMessage()


OUTCOMES = ["exit_thread", "cancel_task", "return_lambda", "raise_unreadable", "raise_holding_lock", "close_connection"]


@pytest.mark.parametrize("function", OUTCOMES)
def test_E35_E36_no_outcome_ends_the_thread(put, dispatch, function):
    dispatch(size=1)
    assert isinstance(wait_for_result(put(getattr(sample_jobs, function))), Failure)
    assert wait_for_result(put(sample_jobs.add, 1)) == 3


def test_the_database_can_be_closed_while_a_job_goes_on():
    db = DB(None)
    connection = db.open()
    with kept_open(connection):
        closer = threading.Thread(target=db.close)
        closer.start()
        closer.join(10)
    assert connection.opened is None


def test_a_job_cannot_close_its_connection_but_is_told(connection, put, dispatch):
    dispatch(size=1)
    result = wait_for_result(put(sample_jobs.mark_and_close_all, "main"))
    assert result.check(ConnectionStateError)
    assert "its worker goes on with it" in result.getErrorMessage()
    assert "main" not in connection.root()
    assert wait_for_result(put(sample_jobs.mark, "main")) == "main"
    assert connection.root()["main"] == 1


def test_what_jobs_store_is_counted_though_their_connections_stay_open(db, put, dispatch):
    activity = ActivityMonitor()
    db.setActivityMonitor(activity)
    dispatch()
    for number in range(3):
        wait_for_result(put(sample_jobs.add, number))
    wait_until(lambda: len(activity.log) == 3, 10, lambda: f"counted: {activity.log}")
    assert all(stores for _, _, stores in activity.log)


def test_size_limits_what_runs_at_once(put, dispatch, release):
    dispatch(size=2)
    jobs = [put(sample_jobs.hold, name) for name in "abc"]
    for job in jobs[:2]:
        wait_for_start(job)
    assert jobs[2].status == PENDING
    release("b")
    wait_for_start(jobs[2])
    assert jobs[0].status == ACTIVE


@pytest.mark.parametrize("dispatchers_at_work", [1, 2])
def test_K89_a_quota_is_kept_and_its_next_job_starts_at_once(queue, put, dispatch, release, dispatchers_at_work):
    queue.quotas.create("one")
    for _ in range(dispatchers_at_work):
        dispatch(poll_interval=3600)
    jobs = []
    for name in "abcd":
        job = Job(sample_jobs.hold, name)
        job.quota_names = ("one",)
        jobs.append(put(job))
    for name, job in zip("abcd", jobs, strict=True):
        wait_for_start(job)
        assert [other.status for other in jobs].count(ACTIVE) == 1
        release(name)
        wait_for_result(job)


def test_E84_an_expired_job_fails_whatever_the_filter_says(put, dispatch):
    job = put(sample_jobs.add, 1, begin_by=timedelta())
    wait_until(lambda: job.expired(dispatchers.clock.now()), 1, lambda: "not expired")
    dispatch(filter=never)
    assert wait_for_result(job).check(TimeoutError)


def never(job):
    return False


def test_several_dispatchers_share_the_work(put, dispatch, release):
    for _ in range(3):
        dispatch(size=1)
    jobs = [put(sample_jobs.hold, name) for name in "abc"]
    for job in jobs:
        wait_for_start(job)
    assert len({job.agent.parent.UUID for job in jobs}) == 3


def test_completion_is_announced_once(put, dispatch):
    announced = []
    zope.component.provideHandler(
        lambda event: announced.append((event.object.args[0], event.succeeded)), [IJobCompleted]
    )
    dispatch(size=1)
    wait_for_result(put(sample_jobs.add, 1))
    wait_for_result(put(sample_jobs.fail, "x"))
    wait_until(lambda: len(announced) == 2, 5, lambda: str(announced))
    assert announced == [(1, True), ("x", False)]


def test_a_failing_subscriber_changes_nothing(put, dispatch, log):
    def subscriber(event):
        event.object._p_jar.root()["half"] = "done"
        raise ValueError("subscriber")

    zope.component.provideHandler(subscriber, [IJobCompleted])
    dispatch(size=1)
    job = put(sample_jobs.add, 1)
    assert wait_for_result(job) == 3
    assert wait_for_result(put(sample_jobs.add, 2)) == 4
    assert "half" not in job._p_jar.root()
    assert "a subscriber to the completion of" in log.text


def test_E102_one_dispatcher_a_uuid(db):
    identity = uuid.uuid4()
    one = Dispatcher(db, uuid=identity)
    with pytest.raises(ValueError, match="already registered"):
        Dispatcher(db, uuid=identity)
    assert dispatchers.get(identity) is one
    assert dispatchers.pop(identity) is one
    assert dispatchers.get(identity, "gone") == "gone"


def test_starting_and_stopping_twice_is_refused(dispatch, queue):
    one = dispatch()
    with pytest.raises(ValueError, match="already activated"):
        one.activate()
    assert one.deactivate() is True
    with pytest.raises(ValueError, match="not activated"):
        one.deactivate()


def test_E106_the_connection_pool_is_as_before(db, queue, dispatch):
    before = db.getPoolSize()
    one = dispatch(size=4)
    wait_until(lambda: db.getPoolSize() == before + 5, 5, lambda: str(db.getPoolSize()))
    one.deactivate()
    assert db.getPoolSize() == before


def test_E112_a_clean_stop_deactivates_the_record(connection, queue, dispatch):
    one = dispatch()
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    transaction.begin()
    assert queue.dispatchers[one.UUID].activated is not None
    one.deactivate()
    transaction.begin()
    assert queue.dispatchers[one.UUID].activated is None


def test_a_stop_waits_for_running_jobs(put, dispatch, release, wait_for_arrival):
    one = dispatch()
    job = put(sample_jobs.hold, "held")
    wait_for_arrival("held")
    waiter = sample_jobs.threading.Timer(0.3, release, ["held"])
    waiter.start()
    assert one.deactivate(10) is True
    transaction.begin()
    assert job.result == "held"


def test_a_stop_gives_back_what_runs_too_long(queue, put, dispatch, release, log, wait_for_arrival):
    one = dispatch()
    job = put(sample_jobs.hold, "held")
    wait_for_arrival("held")
    assert one.deactivate(0.2) is False
    transaction.begin()
    assert (job.status, job.interruptions) == (PENDING, 1)
    release("held")
    other = dispatch()
    assert wait_for_result(job) == "held"
    assert job.agent.parent.UUID == other.UUID


def test_E110_a_worker_that_lost_its_job_leaves_no_trace(queue, put, dispatch, release, wait_for_arrival):
    one = dispatch(size=1)
    job = put(hold_then_mark, "trace")
    wait_for_arrival("trace")
    queue.dispatchers[one.UUID].deactivate()
    transaction.commit()
    assert job.status == PENDING
    release("trace")
    wait_for_result(job)
    transaction.begin()
    assert job._p_jar.root()["trace"] == 1


def hold_then_mark(name):
    sample_jobs.hold(name)
    return sample_jobs.mark(name)


def test_K52_a_restart_with_the_same_uuid_takes_over_at_once(queue, put, dispatch, log):
    identity = uuid.uuid4()
    record = queue.dispatchers.register(identity)
    record["main"] = dispatchers_agent()
    record.activate()
    job = put(sample_jobs.mark, "again")
    record["main"].claim_jobs(1)
    transaction.commit()
    assert job.status == ACTIVE
    dispatch(uid=identity)
    assert wait_for_result(job) == "again"
    assert job.interruptions == 1
    assert job._p_jar.root()["again"] == 1


def test_E96_a_rescued_job_is_filed_with_those_completed(queue, put, dispatch):
    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = dispatchers_agent()
    record.activate()
    rescued = put(sample_jobs.add, 1)
    record["main"].claim_jobs(1)
    record.deactivate()
    transaction.commit()
    one = dispatch()
    wait_for_result(rescued)
    wait_for_result(put(sample_jobs.add, 2))  # its claim files the former
    transaction.begin()
    assert rescued in list(queue.dispatchers[one.UUID]["main"].completed)


def dispatchers_agent():
    from zc.async_.agent import Agent

    return Agent()


def test_E62_a_job_that_may_not_be_repeated_is_aborted(queue, put, dispatch):
    identity = uuid.uuid4()
    record = queue.dispatchers.register(identity)
    record["main"] = dispatchers_agent()
    record.activate()
    job = put(sample_jobs.mark, "once", retry_policy_factory=NeverRetry)
    record["main"].claim_jobs(1)
    transaction.commit()
    dispatch(uid=identity)
    assert wait_for_result(job).check(AbortedError)
    assert "once" not in job._p_jar.root()


def test_E62_interruptions_are_limited(queue, put, dispatch):
    job = put(sample_jobs.mark, "poison")
    for attempt in range(10):
        record = queue.dispatchers.register(uuid.uuid4())
        record["main"] = dispatchers_agent()
        record.activate()
        record["main"].claim_jobs(1)
        transaction.commit()
        record.deactivate()
        transaction.commit()
        assert job.interruptions == attempt + 1
    dispatch()
    assert wait_for_result(job).check(AbortedError)


class Later:
    """Tries once more, after a while."""

    def __init__(self, job):
        self.job = job

    def jobError(self, failure, data_cache):
        return False if self.job.annotations.get("tried") else timedelta(seconds=0.2)

    commitError = jobError

    def interrupted(self):
        return True

    def updateData(self, data_cache):
        pass


def fail_first(name):
    job = dispatchers_local().getJob()
    if sample_jobs.ATTEMPTS.setdefault(name, 0) == 0:
        sample_jobs.ATTEMPTS[name] = 1
        raise ValueError(name)
    return job.status


def dispatchers_local():
    from zc.async_ import local

    return local


def test_E66_a_policy_may_put_a_job_off(put, dispatch):
    dispatch(size=1, poll_interval=3600)
    job = put(fail_first, "retried", retry_policy_factory=Later)
    first_due = job.begin_after
    assert wait_for_result(job) == ACTIVE
    assert job.begin_after >= first_due + timedelta(seconds=0.2)
    assert job.status == COMPLETED


def test_a_job_that_cannot_be_brought_to_an_outcome_is_given_up_in_the_end(put, dispatch, log):
    dispatch(size=1)
    job = put(sample_jobs.fail, retry_policy_factory="no such policy")
    result = wait_for_result(job)
    assert isinstance(result, Failure)
    assert wait_for_result(put(sample_jobs.add, 1)) == 3


def test_status_info(queue, dispatch):
    one = Dispatcher(queue._p_jar.db(), uuid=uuid.uuid4())
    assert one.getStatusInfo()["status"] == "STOPPED"
    other = dispatch()
    wait_until(lambda: other.last_poll, 5, lambda: "no poll")
    info = other.getStatusInfo()
    assert (info["status"], info["uuid"], info["poll interval"]) == ("RUNNING", other.UUID, timedelta(seconds=5))
    assert info["uptime"] >= info["time since last poll"]


def test_agents_may_be_resized_while_they_work(queue, put, dispatch, release):
    one = dispatch(size=1)
    jobs = [put(sample_jobs.hold, name) for name in "ab"]
    wait_for_start(jobs[0])
    queue.dispatchers[one.UUID]["main"].size = 2
    transaction.commit()
    wait_for_start(jobs[1])
