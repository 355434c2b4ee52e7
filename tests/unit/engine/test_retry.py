"""When a job is tried again, and how long that takes nobody's thread."""

import logging
import time
import uuid
from datetime import timedelta
from datetime import timezone

import pytest
import sample_jobs
import transaction
import zope.component
from transaction.interfaces import DoomedTransaction
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import ConflictError
from zope.interface.verify import verifyObject

from zc.async_ import clock
from zc.async_ import executor
from zc.async_.agent import Agent
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import IRetryPolicy
from zc.async_.interfaces import TimeoutError
from zc.async_.job import Job
from zc.async_.later import OwnThread
from zc.async_.retry import NeverRetry
from zc.async_.retry import RetryCommonForever
from zc.async_.retry import RetryCommonFourTimes
from zc.async_.retry import RetryWithBackoff
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until
from zc.async_.twist import Failure


ATTEMPTS = sample_jobs.ATTEMPTS


@pytest.fixture(autouse=True)
def no_attempts():
    ATTEMPTS.clear()
    yield
    ATTEMPTS.clear()


@pytest.fixture
def store(connection):
    def store(job, policy=None):
        if policy is not None:
            job.retry_policy_factory = policy
        connection.root()["job"] = job
        transaction.commit()
        return job

    return store


@pytest.fixture
def naps(monkeypatch):
    """How long a thread would have slept."""
    naps = []
    monkeypatch.setattr(time, "sleep", naps.append)
    return naps


def raise_counted(name, times, kind):
    """Raise that kind of error on the first ``times`` attempts; the number of the one that got through."""
    ATTEMPTS[name] = ATTEMPTS.get(name, 0) + 1
    if ATTEMPTS[name] <= times:
        raise kind()
    return ATTEMPTS[name]


def fail_at_commit(name, times, kind):
    sample_jobs.mark(name)
    ATTEMPTS[name] = ATTEMPTS.get(name, 0) + 1
    if ATTEMPTS[name] <= times:
        transaction.get().addBeforeCommitHook(raise_now, (kind,))
    return ATTEMPTS[name]


def raise_now(kind):
    raise kind()


def doom(name):
    ATTEMPTS[name] = ATTEMPTS.get(name, 0) + 1
    transaction.doom()


@pytest.mark.parametrize("policy", [RetryCommonFourTimes, RetryCommonForever, RetryWithBackoff, NeverRetry])
def test_K30_policies_fulfil_their_interface(policy):
    assert verifyObject(IRetryPolicy, policy(Job(sample_jobs.add)))


# The common policy


def test_E57_one_attempt_on_ordinary_errors(store):
    job = store(Job(raise_counted, "x", 1, ValueError))
    assert job().check(ValueError)
    assert ATTEMPTS["x"] == 1


def test_E58_one_counter_for_job_and_commit(store):
    job = store(Job(conflict_in_turns, "turns"))
    assert job().check(ConflictError)
    assert ATTEMPTS["turns"] == 5


def conflict_in_turns(name):
    ATTEMPTS[name] = ATTEMPTS.get(name, 0) + 1
    if ATTEMPTS[name] % 2:
        raise ConflictError()
    transaction.get().addBeforeCommitHook(raise_now, (ConflictError,))


def test_E59_a_doomed_transaction_counts_as_a_conflict(store):
    assert store(Job(doom, "doom"))().check(DoomedTransaction)
    assert ATTEMPTS["doom"] == 5


@pytest.mark.parametrize("function", [raise_counted, fail_at_commit])
def test_E60_without_the_server_it_waits_and_goes_on_for_ever(store, naps, function):
    assert store(Job(function, "away", 15, ClientDisconnected))() == 16
    assert naps == [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 60, 60, 60]


def test_E60_a_worker_that_stops_does_not_wait_longer(queue, put, dispatch):
    one = dispatch()
    job = put(Job(raise_counted, "away", 99, ClientDisconnected))
    wait_until(lambda: ATTEMPTS.get("away"), 5, lambda: "not begun")
    assert one.deactivate(5) is True
    transaction.begin()
    assert (job.status, job.interruptions) == (PENDING, 1)


def test_E61_what_is_remembered(db, store):
    job = store(Job(raise_counted, "two", 2, ConflictError))
    job()
    connection = db.open(transaction.TransactionManager())
    data = connection.root()["job"].getRetryPolicy().data
    assert data["transaction_error"] == 2
    assert data["last_transaction_error"].check(ConflictError)
    assert data["first_active"] == job.active_start
    assert set(data) == {"transaction_error", "last_transaction_error", "first_active"}
    connection.close()


def test_a_job_that_needed_no_retry_stores_no_policy(store):
    job = store(Job(sample_jobs.add, 1))
    job()
    assert "_retry_policy" not in job.__getstate__()


def test_E62_nine_interruptions():
    job = Job(sample_jobs.add, 1)
    policy = RetryCommonFourTimes(job)
    answers = []
    for count in range(1, 11):
        job.interruptions = count
        answers.append(policy.interrupted())
    assert answers == [True] * 9 + [False]
    assert policy.data["interruptions"] == 10


def test_rows_may_have_a_back_off():
    class Patient(RetryCommonFourTimes):
        internal_exceptions = (((ValueError,), "value", 4, 1, 2, 4),)

    policy, cache = Patient(Job(sample_jobs.add)), {}
    answers = [policy.jobError(Failure(ValueError()), cache) for _ in range(4)]
    assert answers == [timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=4), False]


# The others


def test_E63_K6_for_ever_means_conflicts_at_once_and_silently(store, naps, log):
    assert store(Job(fail_at_commit, "often", 50, ConflictError), RetryCommonForever)() == 51
    assert naps == []
    assert [record for record in log.records if record.levelno >= logging.ERROR] == []


def test_K6_in_a_callback(store, naps, log):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(Job(fail_at_commit_with, "often", 50, ConflictError))
    store(job)()
    assert callback.result == 51
    assert naps == []
    assert [record for record in log.records if record.levelno >= logging.ERROR] == []


def fail_at_commit_with(name, times, kind, result):
    return fail_at_commit(name, times, kind)


def test_E63_other_commit_errors_are_waited_for(log):
    policy, cache = RetryCommonForever(Job(sample_jobs.add)), {}
    answers = [policy.commitError(Failure(OSError()), cache) for _ in range(65)]
    assert answers[:3] == [True, timedelta(seconds=1), timedelta(seconds=2)]
    assert answers[-5:] == [timedelta(seconds=60)] * 5
    assert cache["other"] == 65
    assert cache["last_other"].check(OSError)
    assert [record.levelname for record in log.records].count("CRITICAL") == 1 + 13
    assert policy.jobError(Failure(OSError()), cache) is False


def test_E63_the_waits_grow_from_one_rescheduling_to_the_next():
    policy = RetryCommonForever(Job(sample_jobs.add))
    answers = []
    for _ in range(3):
        cache = {}
        answers.append(policy.commitError(Failure(OSError()), cache))
        policy.updateData(cache)
    assert answers == [True, timedelta(seconds=1), timedelta(seconds=2)]


@pytest.mark.parametrize("function", [raise_counted, fail_at_commit])
def test_E64_never(store, function):
    job = store(Job(function, "never", 1, ConflictError), NeverRetry)
    assert job().check(ConflictError)
    assert ATTEMPTS["never"] == 1
    assert not hasattr(job.getRetryPolicy(), "data")
    assert job.getRetryPolicy().interrupted() is False


# Which one


def test_E65_class_callable_name_and_adapters():
    job = Job(sample_jobs.add, 1)
    job.retry_policy_factory = NeverRetry
    policy = job.getRetryPolicy()
    assert isinstance(policy, NeverRetry)
    job.retry_policy_factory = RetryCommonForever
    assert job.getRetryPolicy() is policy
    named = Job(sample_jobs.add, 1)
    named.retry_policy_factory = "mine"
    with pytest.raises(LookupError):
        named.getRetryPolicy()
    zope.component.provideAdapter(RetryWithBackoff, adapts=(Job,), provides=IRetryPolicy, name="mine")
    assert isinstance(named.getRetryPolicy(), RetryWithBackoff)
    assert type(Job(sample_jobs.add).getRetryPolicy()) is RetryCommonFourTimes
    zope.component.provideAdapter(NeverRetry, adapts=(Job,), provides=IRetryPolicy)
    assert isinstance(Job(sample_jobs.add).getRetryPolicy(), NeverRetry)


def test_a_policy_without_the_method_means_no(store, log):
    assert store(Job(raise_counted, "y", 1, ValueError), Strange)().check(ValueError)
    assert "the retry policy of" in log.text


class Strange:
    def __init__(self, job):
        pass


# Putting off


class Answers(NeverRetry):
    """Answers the first failure with what ``answer`` says."""

    answer = None

    def jobError(self, failure, data_cache):
        return Answers.answer() if ATTEMPTS["off"] == 1 else False


@pytest.mark.parametrize(
    "answer",
    [
        lambda: timedelta(minutes=10),
        lambda: clock.now() + timedelta(minutes=10),
        lambda: (clock.now() + timedelta(minutes=10)).replace(tzinfo=None),
        lambda: (clock.now() + timedelta(minutes=10)).astimezone(timezone(timedelta(hours=5))),
    ],
    ids=["timedelta", "datetime", "naive datetime", "other zone"],
)
def test_E66_E67_a_time_puts_the_job_off(queue, put, stopped_clock, answer):
    Answers.answer = answer
    job = put(Job(raise_counted, "off", 1, ValueError), retry_policy_factory=Answers)
    claim_and_run(queue, job)
    assert job.status == PENDING
    assert job.begin_after == stopped_clock.time + timedelta(minutes=10)
    assert job.active_start is None
    assert claim_and_run(queue, None) == []
    stopped_clock.advance(minutes=11)
    claim_and_run(queue, job)
    assert (job.status, job.result) == (COMPLETED, 2)


@pytest.mark.parametrize("answer", [lambda: timedelta(), lambda: clock.now() - timedelta(days=1)])
def test_E66_a_time_that_has_passed_puts_the_job_first(queue, put, stopped_clock, answer):
    Answers.answer = answer
    job = put(Job(raise_counted, "off", 1, ValueError), retry_policy_factory=Answers)
    begin_after = job.begin_after
    other = Job(sample_jobs.add, 1)
    other.priority = 10
    claim_and_run(queue, job)
    put(other)
    assert list(queue) == [job, other]
    assert job.begin_after == begin_after
    claim_and_run(queue, job)
    assert job.result == 2


def claim_and_run(queue, expected):
    """What a worker with one thread does."""
    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = Agent(size=1)
    record.activate()
    claims, _ = record["main"].claim_jobs(1)
    transaction.commit()
    for claim in claims:
        executor.perform(claim.job, claim.key, OwnThread(queue._p_jar.db()))
    transaction.commit()
    assert expected is None or [claim.job for claim in claims] == [expected]
    return claims


def test_a_job_without_queue_cannot_be_put_off(store, log):
    Answers.answer = lambda: timedelta(minutes=10)
    job = store(Job(raise_counted, "off", 1, ValueError), Answers)
    assert job().check(ValueError)
    assert "CRITICAL" in [record.levelname for record in log.records]


def test_D20_K35_a_waiting_job_holds_no_thread(put, dispatch):
    dispatch(size=1, poll_interval=3600)
    job = put(Job(raise_counted, "back", 2, ValueError), retry_policy_factory=RetryWithBackoff(first=QUICK))
    wait_until(lambda: ATTEMPTS.get("back"), 5, lambda: "not begun")
    assert wait_for_result(put(Job(sample_jobs.add, 1))) == 3
    assert wait_for_result(job) == 3
    assert job._p_jar is not None


QUICK = timedelta(seconds=0.2)


# Exponential back-off


def answers_of(policy, error, times):
    """The policy's answers to as many failures, each in a call of its own."""
    answers = []
    for _ in range(times):
        cache = {}
        answers.append(policy.jobError(Failure(error), cache))
        policy.updateData(cache)
    return answers


def test_back_off_doubles_up_to_the_longest_and_ends():
    policy = RetryWithBackoff(Job(sample_jobs.add))
    seconds = [answer.total_seconds() for answer in answers_of(policy, ValueError(), 7)]
    assert seconds == [5, 10, 20, 40, 80, 160, 320]
    assert answers_of(policy, ValueError(), 1) == [False]
    short = RetryWithBackoff(longest=timedelta(seconds=30))(Job(sample_jobs.add))
    assert answers_of(short, ValueError(), 5)[-2:] == [timedelta(seconds=30)] * 2
    long = RetryWithBackoff(factor=10.0, attempts=1000)(Job(sample_jobs.add))
    assert answers_of(long, ValueError(), 400)[-1] == timedelta(hours=1)


def test_back_off_for_chosen_exceptions_only():
    policy = RetryWithBackoff(exceptions=(OSError,))(Job(sample_jobs.add))
    assert answers_of(policy, ValueError(), 1) == [False]
    assert answers_of(policy, ConnectionError(), 1) == [timedelta(seconds=5)]
    assert policy.commitError(Failure(OSError()), {}) == timedelta(seconds=10)


def test_back_off_leaves_conflicts_alone():
    policy, cache = RetryWithBackoff(Job(sample_jobs.add)), {}
    assert [policy.jobError(Failure(ConflictError()), cache) for _ in range(5)] == [True] * 4 + [False]
    assert "application_error" not in cache


def test_K82_jobs_that_share_a_back_off_have_their_own_counts(queue, put, stopped_clock):
    shared = RetryWithBackoff(first=timedelta(seconds=10), attempts=3)
    jobs = [put(Job(raise_counted, name, 2, ValueError), retry_policy_factory=shared) for name in "ab"]
    waits = []
    for _ in range(3):
        for job in jobs:
            claim_and_run(queue, job)
            waits.append((job.begin_after - stopped_clock.time).total_seconds() if job.status == PENDING else None)
        stopped_clock.advance(seconds=30)
    assert waits == [10, 10, 20, 20, None, None]
    assert [job.result for job in jobs] == [3, 3]
    assert [job.getRetryPolicy().data["application_error"] for job in jobs] == [2, 2]


def test_back_off_as_a_class_gives_up_in_the_end(queue, put, stopped_clock):
    job = put(Job(raise_counted, "end", 99, ValueError), retry_policy_factory=RetryWithBackoff)
    while job.status == PENDING:
        claim_and_run(queue, job)
        stopped_clock.advance(hours=2)
    assert ATTEMPTS["end"] == 8
    assert job.result.check(ValueError)


# Deadlines and logs


def test_E68_K1_a_job_in_its_window_is_retried(store):
    job = Job(raise_counted, "window", 2, ConflictError)
    job.begin_by = timedelta(hours=1)
    assert store(job)() == 3


def claim_and_die(queue, interrupted=True):
    """What becomes of the next job of a worker that vanishes, or stops before a thread has begun with it."""
    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = Agent(size=1)
    record.activate()
    (claim,), _ = record["main"].claim_jobs(1)
    transaction.commit()

    def rescue():
        record["main"].give_back(claim, interrupted)
        record.deactivate()
        transaction.commit()

    return rescue


def test_a_job_that_began_in_time_is_run_again_after_it(queue, put, stopped_clock):
    job = put(Job(sample_jobs.add, 1), begin_by=timedelta(hours=1))
    rescue = claim_and_die(queue)
    stopped_clock.advance(hours=2)
    rescue()
    claim_and_run(queue, job)
    assert job.result == 3


def test_the_policy_of_a_job_that_began_in_time_says_what_becomes_of_it(queue, put, stopped_clock):
    job = put(Job(sample_jobs.add, 1), begin_by=timedelta(hours=1), retry_policy_factory=NeverRetry)
    rescue = claim_and_die(queue)
    stopped_clock.advance(hours=2)
    rescue()
    claim_and_run(queue, job)
    assert job.result.check(AbortedError)


@pytest.mark.parametrize("wait", [timedelta(), timedelta(minutes=10)])
def test_a_job_that_is_put_off_has_no_limit_any_more(queue, put, stopped_clock, wait):
    Answers.answer = lambda: wait
    job = put(Job(raise_counted, "off", 1, ValueError), begin_by=timedelta(hours=1), retry_policy_factory=Answers)
    claim_and_run(queue, job)
    stopped_clock.advance(hours=2)
    claim_and_run(queue, job)
    assert job.result == 2


def test_a_callback_that_is_put_off_has_no_limit_any_more(queue, put, stopped_clock):
    Answers.answer = lambda: timedelta(minutes=10)
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(raise_and_pass_on, retry_policy_factory=Answers)
    callback.begin_by = timedelta(minutes=5)
    put(job)
    claim_and_run(queue, job)
    stopped_clock.advance(minutes=10)
    claim_and_run(queue, job)
    assert (job.status, callback.result) == (COMPLETED, 2)


def raise_and_pass_on(result):
    return raise_counted("off", 1, ValueError)


def test_a_job_that_was_claimed_but_not_begun_keeps_its_limit(queue, put, stopped_clock):
    job = put(Job(sample_jobs.add, 1), begin_by=timedelta(hours=1))
    rescue = claim_and_die(queue, interrupted=False)
    stopped_clock.advance(hours=2)
    rescue()
    claim_and_run(queue, job)
    assert job.result.check(TimeoutError)


def withdraw(queue, job):
    queue.remove(job)
    queue.put(job)


def cancel_and_requeue(queue, job):
    job.cancel()
    job.requeue()


@pytest.mark.parametrize("queue_again", [withdraw, cancel_and_requeue])
def test_the_limit_holds_for_a_job_that_is_queued_again(queue, put, stopped_clock, queue_again):
    job = put(Job(sample_jobs.add, 1), begin_by=timedelta(hours=1))
    claim_and_die(queue)()
    queue_again(queue, job)
    transaction.commit()
    stopped_clock.advance(hours=2)
    claim_and_run(queue, job)
    assert job.result.check(TimeoutError)


@pytest.mark.parametrize(
    ("function", "level", "text"),
    [(fail_at_commit, "INFO", "Prior result: 1"), (None, "ERROR", "Prior traceback")],
)
def test_E69_a_lost_outcome_is_logged(store, log, function, level, text):
    job = store(Job(function or fail_and_fail_at_commit, "lost", 1, OSError))
    assert job().check(OSError)
    (record,) = [record for record in log.records if record.getMessage().startswith("Commit failed for")]
    assert record.levelname == level
    assert text in record.getMessage()


def fail_and_fail_at_commit(name, times, kind):
    fail_at_commit(name, times, kind)
    return Failure(ValueError("lost"))


# By hand


def test_handle_interrupt(queue, put, store):
    with pytest.raises(BadStatusError, match="can only call ``handleInterrupt`` on a job with ACTIVE status"):
        Job(sample_jobs.add).handleInterrupt()
    job = put(Job(sample_jobs.add, 1))
    make_active(queue)
    assert job.status == ACTIVE
    job.handleInterrupt()
    assert (job.status, job.interruptions, list(queue)) == (PENDING, 1, [job])
    alone = store(Job(sample_jobs.add, 1))
    alone.started(clock.now())
    alone.handleInterrupt()
    assert alone.status == NEW


def make_active(queue):
    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = Agent()
    record.activate()
    record["main"].claim_jobs(1)
    transaction.commit()


def test_handle_interrupt_of_a_job_that_may_not_be_repeated(queue, put):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(str)
    put(job, retry_policy_factory=NeverRetry)
    make_active(queue)
    job.handleInterrupt()
    assert (job.status, callback.status) == (COMPLETED, COMPLETED)
    assert job.result.check(AbortedError)


def test_handle_interrupt_with_a_time(queue, put, stopped_clock):
    job = put(Job(sample_jobs.add, 1), retry_policy_factory=InAnHour)
    make_active(queue)
    job.handleInterrupt()
    assert (job.status, job.begin_after) == (PENDING, stopped_clock.time + timedelta(hours=1))


class InAnHour(NeverRetry):
    def interrupted(self):
        return timedelta(hours=1)
