"""Callbacks: who is called with what, in which order, and what happens when something goes wrong."""

import logging
import time
import uuid
from datetime import timedelta

import pytest
import sample_jobs
import transaction
import zope.component
from transaction.interfaces import TransactionError
from twisted.python.failure import Failure
from ZEO.Exceptions import ClientDisconnected
from zope.interface.verify import verifyObject

from zc.async_ import clock
from zc.async_ import job as job_module
from zc.async_ import local
from zc.async_.agent import Agent
from zc.async_.callbacks import ConditionalCallbackProxy
from zc.async_.callbacks import SuccessFailureCallbackProxy
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import ICallbackProxy
from zc.async_.interfaces import IJobCompleted
from zc.async_.interfaces import IRetryPolicy
from zc.async_.interfaces import TimeoutError
from zc.async_.job import Job
from zc.async_.retry import NeverRetry
from zc.async_.retry import RetryCommonForever
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until


calls = []


@pytest.fixture(autouse=True)
def journal():
    calls.clear()
    return calls


@pytest.fixture
def store(connection):
    """Put a job into the database without queueing it."""

    def store(job):
        connection.root()["job"] = job
        transaction.commit()
        return job

    return store


def note(*args):
    calls.append(args)
    return args[-1]


def note_and_double(result):
    calls.append((result,))
    return result * 2


def fail_with(result):
    raise ValueError(f"with {result}")


def text_of(failure):
    return failure.getErrorMessage()


def refuse(result):
    raise ZeroDivisionError("condition")


# Adding


def test_E39_what_adding_returns():
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(note)
    proxy = job.addCallbacks(success=note, failure=text_of)
    assert isinstance(callback, Job)
    assert verifyObject(ICallbackProxy, proxy)
    assert (proxy.success.callable, proxy.failure.callable) == (note, text_of)
    assert list(job.callbacks) == [callback, proxy]
    assert callback.parent is proxy.parent is job
    assert proxy.success.parent is proxy
    assert (callback.status, proxy.status, proxy.result) == (NEW, NEW, None)


def test_a_job_without_callbacks_stores_nothing_about_them(store):
    assert "_callbacks" not in store(Job(sample_jobs.add, 1)).__getstate__()


def test_old_import_places():
    for name in ("ConditionalCallbackProxy", "SuccessFailureCallbackProxy", "isFailure", "serial", "parallel"):
        assert getattr(job_module, name).__module__.startswith("zc.async_.")
    for name in ("NeverRetry", "RetryCommonForever", "RetryCommonFourTimes", "callback_retry_policy_factory"):
        assert getattr(job_module, name).__module__ == "zc.async_.retry"
    assert not hasattr(job_module, "no_such_name")


def test_a_callback_belongs_to_one_job_only():
    callback = Job(sample_jobs.add, 1).addCallback(note)
    with pytest.raises(ValueError, match="belongs to nothing else"):
        Job(sample_jobs.add, 1).addCallback(callback)
    with pytest.raises(TypeError, match="Could not adapt"):
        Job(sample_jobs.add, 1).addCallback(3)


def test_E46_defaults_of_callbacks(store):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(note)
    assert callback.failure_log_level == logging.CRITICAL
    assert isinstance(callback.getRetryPolicy(), RetryCommonForever)
    other = job.addCallback(note, failure_log_level=logging.INFO, retry_policy_factory=NeverRetry)
    assert other.failure_log_level == logging.INFO
    assert isinstance(other.getRetryPolicy(), NeverRetry)
    proxy = job.addCallbacks(note, note, failure_log_level=logging.INFO, retry_policy_factory=NeverRetry)
    assert {proxy.success.failure_log_level, proxy.failure.failure_log_level} == {logging.INFO}
    own = Job(note)
    own.failure_log_level, own.retry_policy_factory = logging.DEBUG, NeverRetry
    job.addCallback(own)
    assert (own.failure_log_level, own.retry_policy_factory) == (logging.DEBUG, NeverRetry)


def test_E46_the_adapter_named_callback_is_honoured():
    zope.component.provideAdapter(NeverRetry, adapts=(Job,), provides=IRetryPolicy, name="callback")
    assert isinstance(Job(sample_jobs.add).addCallback(note).getRetryPolicy(), NeverRetry)


# Running


def test_E40_success_and_failure(store):
    job = Job(sample_jobs.add, 1)
    proxy = job.addCallbacks(success=note, failure=text_of)
    store(job)()
    assert (job.status, job.result, proxy.status, proxy.result) == (COMPLETED, 3, COMPLETED, 3)
    assert proxy.failure.status != COMPLETED
    job = Job(sample_jobs.fail, "oh")
    proxy = job.addCallbacks(success=note, failure=text_of)
    store(job)()
    assert (job.status, proxy.result) == (COMPLETED, "oh")
    assert job.result.check(ValueError)


def test_E41_all_callbacks_get_the_result_of_the_job_in_order(store):
    job = Job(sample_jobs.add, 1)
    for number in range(3):
        job.addCallback(Job(note, number))
    store(job)()
    assert calls == [(0, 3), (1, 3), (2, 3)]


def test_E42_a_callback_of_a_callback_gets_its_result(store):
    job = Job(sample_jobs.add, 1)
    last = job.addCallback(note_and_double).addCallback(note)
    store(job)()
    assert (job.result, last.result) == (3, 6)
    assert job.callbacks[0].status == COMPLETED


def test_E43_the_unused_branch_passes_the_result_on(store):
    job = Job(sample_jobs.add, 1)
    chained = job.addCallbacks(failure=text_of).addCallback(note)
    store(job)()
    assert chained.result == 3


def test_E43_K11_a_failure_is_passed_on_as_one(store, log):
    job = Job(sample_jobs.fail, "passed")
    job.failure_log_level = logging.INFO
    proxy = job.addCallbacks(success=note)
    chained = proxy.addCallback(text_of)
    told = proxy.addCallbacks(failure=text_of)
    store(job)()
    assert isinstance(proxy.result, Failure)
    assert (chained.result, told.result) == ("passed", "passed")
    assert [record for record in log.records if record.levelno > logging.INFO] == []


def test_E47_a_failing_callback_alters_nothing(store, log):
    job = Job(sample_jobs.add, 1)
    failing = job.addCallback(fail_with)
    following = job.addCallback(note)
    store(job)()
    assert (job.status, job.result, following.result) == (COMPLETED, 3, 3)
    assert failing.result.getErrorMessage() == "with 3"
    (record,) = [record for record in log.records if record.levelno >= logging.ERROR]
    assert (record.levelname, record.name) == ("CRITICAL", "zc.async.events")
    assert "with 3" in record.getMessage()


def test_E35_a_callback_whose_result_cannot_be_stored_fails(store):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(returns_lambda)
    store(job)()
    assert job.status == COMPLETED
    assert isinstance(callback.result, Failure)


def returns_lambda(result):
    return lambda: result


def test_E52_the_first_true_condition_wins(store):
    job = Job(sample_jobs.add, 1)
    proxy = ConditionalCallbackProxy(
        (is_even, Job(note, "even")), (is_three, Job(note, "three")), (is_odd, Job(note, "odd")), Job(note, "default")
    )
    job.addCallback(proxy)
    assert proxy.default.args == ["default"]
    assert [condition for condition, _ in proxy.conditionals] == [is_even, is_three, is_odd]
    store(job)()
    assert calls == [("three", 3)]
    assert proxy.job is proxy.conditionals[1][1]


@pytest.mark.parametrize("rest", [(), (None,)])
def test_E52_without_a_match_the_result_is_passed_on(store, rest):
    job = Job(sample_jobs.add, 1)
    proxy = job.addCallback(ConditionalCallbackProxy((is_even, note), *rest))
    chained = proxy.addCallback(note_and_double)
    store(job)()
    assert (proxy.result, chained.result) == (3, 6)


def test_E52_default(store):
    job = Job(sample_jobs.add, 1)
    proxy = job.addCallback(ConditionalCallbackProxy((is_even, None), note_and_double))
    store(job)()
    assert proxy.result == 6


def test_a_condition_that_raises_is_the_failure_of_the_callback(store, log):
    job = Job(sample_jobs.add, 1)
    proxy = job.addCallback(ConditionalCallbackProxy((refuse, note)))
    following = job.addCallback(note)
    store(job)()
    assert proxy.result.check(ZeroDivisionError)
    assert (job.status, following.result) == (COMPLETED, 3)


def test_proxies_nest(store):
    inner = SuccessFailureCallbackProxy(note_and_double, None)
    job = Job(sample_jobs.add, 1)
    job.addCallback(ConditionalCallbackProxy((is_odd, inner)))
    store(job)()
    assert inner.result == 6


def is_even(result):
    return result % 2 == 0


def is_odd(result):
    return result % 2 == 1


def is_three(result):
    return result == 3


def test_E22_a_callback_may_not_call_its_job(store):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(Job(call, job))
    store(job)()
    assert callback.result.check(BadStatusError)
    assert job.result == 3


def test_E22_a_job_may_not_call_itself(store):
    job = Job.bind(call)
    store(job)()
    assert job.result.check(BadStatusError)


def call(job, *rest):
    return job()


def test_E29_callbacks_get_the_failure_of_a_failed_job(store, put):
    for keep in (store, put):
        job = Job(sample_jobs.add, 1)
        callback = job.addCallback(text_of)
        keep(job).fail(ValueError("not today"))
        assert (job.status, callback.result) == (COMPLETED, "not today")


def test_each_callback_has_its_own_environment(store):
    job = Job(sample_jobs.add, 1)
    job.addCallback(Environment(note))
    job.addCallback(Environment(note))
    store(job)()
    assert calls == [("setUp",), (3,), ("tearDown",)] * 2


class Environment(Job):
    def setUp(self):
        calls.append(("setUp",))

    def tearDown(self, setup_info):
        calls.append(("tearDown",))


# In a worker


def test_E51_K26_callbacks_know_their_queue_and_themselves(put, dispatch):
    job = Job(sample_jobs.add, 1)
    direct = job.addCallback(Job(where_am_i_as, "direct"))
    proxy = job.addCallbacks(success=Job(where_am_i_as, "behind a proxy"))
    put(job)
    assert (direct.status, proxy.status) == (PENDING, PENDING)
    dispatch()
    wait_for_result(job)
    assert direct.result == ("direct", "", "main")
    assert proxy.result == ("behind a proxy", "", "main")
    assert direct.queue is proxy.queue is job.queue
    assert direct.agent is job.agent


def where_am_i_as(name, result):
    current = local.getJob()
    return current.args[0], local.getQueue().name, current.agent.name


def test_callbacks_run_after_the_result_is_committed_and_before_the_end(put, dispatch, release):
    dispatch()
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(Job(hold_with, "callback"))
    waiting = job.addCallback(note)
    put(job)
    wait_for_start(callback)
    transaction.begin()
    assert (job.status, job.result, job.initial_callbacks_end) == (CALLBACKS, 3, None)
    assert (callback.status, waiting.status) == (ACTIVE, ASSIGNED)
    release("callback")
    wait_for_result(job)
    assert job.initial_callbacks_end >= callback.active_end >= job.active_end


def hold_with(name, result):
    sample_jobs.hold(name)
    return result


def test_D34_K19_callbacks_run_outside_the_quota(queue, put, dispatch, release):
    queue.quotas.create("one")
    dispatch()
    jobs = [Job(sample_jobs.add, 1), Job(sample_jobs.add, 2)]
    for job in jobs:
        job.quota_names = ("one",)
    callback = jobs[0].addCallback(Job(hold_with, "outside"))
    put(jobs[0])
    wait_for_start(callback)
    assert wait_for_result(put(jobs[1])) == 4
    assert jobs[0].status == CALLBACKS


def test_E45_a_callback_added_while_callbacks_run_is_run(put, dispatch, release):
    dispatch()
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(Job(hold_with, "first"))
    put(job)
    wait_for_start(callback)
    late = job.addCallback(note)
    transaction.commit()
    release("first")
    assert wait_for_result(late) == 3
    wait_for_result(job)
    assert list(job.callbacks) == [callback, late]


def test_E45_a_callback_added_at_the_moment_of_completion_is_run(db, store, monkeypatch):
    job = Job(sample_jobs.add, 1)
    job.addCallback(Job(note, "first"))
    store(job)
    completed = Job.completed

    def complete(self, *args):
        if self is job and len(self.callbacks) == 1:
            add_elsewhere(db)
        completed(self, *args)

    monkeypatch.setattr(Job, "completed", complete)
    job()
    assert calls == [("first", 3), ("added elsewhere", 3)]
    assert job.status == COMPLETED


def add_elsewhere(db):
    transactions = transaction.TransactionManager()
    connection = db.open(transactions)
    connection.root()["job"].addCallback(Job(note, "added elsewhere"))
    transactions.commit()
    connection.close()


def test_E45_who_adds_while_the_job_is_completed_looks_again(db, store):
    job = store(Job(sample_jobs.add, 1))
    transactions = transaction.TransactionManager()
    connection = db.open(transactions)
    same = connection.root()["job"]
    same.addCallback(note)
    job()
    with pytest.raises(TransactionError):
        transactions.commit()
    transactions.abort()
    same.addCallback(note)
    transactions.commit()
    assert calls == [(3,)]
    connection.close()


# Added late


def test_E44_K21_a_late_callback_does_not_commit_the_caller(db, connection, store):
    job = store(Job(sample_jobs.add, 1))
    job()
    ended = job.initial_callbacks_end
    connection.root()["half"] = "done"
    job.addCallback(note)
    transaction.abort()
    assert calls == []
    assert "half" not in connection.root()
    assert job.callbacks == ()
    callback = job.addCallback(note)
    transaction.commit()
    assert calls == [(3,)]
    transaction.begin()
    assert (callback.status, callback.result, job.callbacks) == (COMPLETED, 3, (callback,))
    assert (job.status, job.initial_callbacks_end) == (COMPLETED, ended)


def test_E44_a_late_callback_of_a_queued_job_is_run_by_a_worker(put, dispatch):
    dispatch()
    job = put(Job(sample_jobs.add, 1))
    wait_for_result(job)
    callback = job.addCallback(note_and_double)
    chained = callback.addCallback(note)
    proxy = job.addCallbacks(failure=text_of)
    passed_on = proxy.addCallback(note)
    transaction.commit()
    assert [wait_for_result(one) for one in (callback, chained, passed_on)] == [6, 6, 3]
    assert callback.parent is job
    assert callback.queue is job.queue


# Expiring


def test_E48_K8_a_callback_has_a_deadline_counted_from_the_end_of_its_job(store, stopped_clock, log):
    job = Job(spend, 10)
    late = Job(note, "late")
    late.begin_by = timedelta(seconds=5)
    early = Job(note, "early")
    early.begin_by = timedelta(seconds=20)
    job.addCallback(Job(spend, 10))
    job.addCallback(late)
    job.addCallback(early)
    store(job)
    spend.clock = stopped_clock
    job()
    assert late.result.check(TimeoutError)
    assert calls == [("early", 10)]
    assert job.status == COMPLETED
    assert [record.levelname for record in log.records if "expired" in record.getMessage()] == ["ERROR"]


def spend(seconds, result=None):
    spend.clock.advance(seconds=seconds)
    return seconds


# Interrupted


def vanish_during(queue, job, prepare):
    """A worker dies when it has the job in CALLBACKS; ``prepare`` says what it had done of them."""
    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = Agent()
    record.activate()
    record["main"].claim_jobs(1)
    transaction.commit()
    job.finished(record["main"], job.active_start, job.active_start, 3)
    prepare(job)
    transaction.commit()
    assert job.status == CALLBACKS
    record.deactivate()
    transaction.commit()


def test_E49_E95_a_new_worker_resumes_the_callbacks(queue, put, dispatch):
    job = Job(sample_jobs.add, 1)
    done, active, nested, _ = (job.addCallback(Job(note, name)) for name in ("done", "active", "nested", "new"))
    inner = nested.addCallback(Job(note, "inner"))
    put(job)

    def prepare(job):
        now = job.active_start
        done.finished(None, now, now, "before")
        active.started(now)
        nested.finished(None, now, now, "nested before")

    vanish_during(queue, job, prepare)
    assert (job.status, job.result, len(queue)) == (CALLBACKS, 3, 1)
    dispatch()
    assert wait_for_result(job) == 3
    assert calls == [("active", 3), ("inner", "nested before"), ("new", 3)]
    assert (active.interruptions, done.result, inner.status) == (1, "before", COMPLETED)
    assert active.getRetryPolicy().data["interruptions"] == 1


def test_E49_a_callback_that_waits_for_another_job_is_left_alone(queue, put, dispatch):
    job = Job(sample_jobs.add, 1)
    waiting = job.addCallback(note)
    inner = put(Job(note, "inner"))
    queue.remove(inner)
    put(job)
    inner.begin_after = clock.now() + timedelta(seconds=1)
    put(inner)
    vanish_during(queue, job, lambda job: waiting.wait_for((inner,), job.active_start, False))
    dispatch()
    wait_for_result(job)
    assert (waiting.status, waiting.result) == (ACTIVE, inner)
    assert wait_for_result(waiting) == "inner"
    assert calls == [("inner",)]


def test_K17_a_resumed_job_is_filed_as_completed(queue, put, dispatch):
    job = Job(sample_jobs.add, 1)
    job.addCallback(note)
    put(job)
    vanish_during(queue, job, lambda job: None)
    one = dispatch(size=1)
    wait_for_result(job)
    wait_for_result(put(Job(sample_jobs.add, 2)))
    wait_until(lambda: _completed(queue, one, job), 5, lambda: "not filed")


def _completed(queue, one, job):
    transaction.begin()
    return job in list(queue.dispatchers[one.UUID]["main"].completed)


def test_E50_K9_an_interrupted_callback_that_may_not_be_repeated_is_aborted(queue, put, dispatch):
    job = Job(sample_jobs.add, 1)
    once = job.addCallback(note, retry_policy_factory=NeverRetry)
    put(job)
    vanish_during(queue, job, lambda job: once.started(job.active_start))
    dispatch()
    wait_for_result(job)
    assert once.result.check(AbortedError)
    assert calls == []


def test_a_callback_that_takes_its_worker_along_each_time_is_given_up(store):
    job = Job(sample_jobs.add, 1)
    poison, other = job.addCallback(note), job.addCallback(str)
    store(job)
    now = clock.now()
    job.finished(None, now, now, 3)
    poison.started(now)
    poison.interruptions = 20
    transaction.commit()
    job.handleInterrupt()
    assert poison.result.check(AbortedError)
    assert (job.status, other.result, calls) == (COMPLETED, "3", [])


def test_E49_resuming_by_hand(store):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(note)
    store(job)
    with pytest.raises(BadStatusError, match="can only resumeCallbacks on a job with CALLBACKS status"):
        job.resumeCallbacks()
    now = clock.now()
    job.finished(None, now, now, 3)
    transaction.commit()
    job.resumeCallbacks()
    assert (job.status, callback.result) == (COMPLETED, 3)


def test_handle_callback_interrupt_by_hand(store, log):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(note, retry_policy_factory=Tomorrow)
    store(job)
    with pytest.raises(BadStatusError, match="can only handleCallbackInterrupt on a job with ACTIVE status"):
        callback.handleCallbackInterrupt(job)
    now = clock.now()
    callback.started(now)
    with pytest.raises(BadStatusError, match="with caller in CALLBACKS status"):
        callback.handleCallbackInterrupt(job)
    job.finished(None, now, now, 3)
    transaction.commit()
    callback.handleCallbackInterrupt(job)
    assert callback.result == 3
    assert "cannot wait" in log.text


class Tomorrow(NeverRetry):
    def interrupted(self):
        return timedelta(days=1)


def test_E110_a_worker_that_lost_its_job_stops_between_callbacks(queue, put, dispatch, release):
    one = dispatch(size=1)
    job = Job(sample_jobs.add, 1)
    first = job.addCallback(Job(hold_with, "first"))
    second = job.addCallback(Job(note, "second"))
    put(job)
    wait_for_start(first)
    queue.dispatchers[one.UUID].deactivate()
    transaction.commit()
    release("first")
    assert wait_for_result(job) == 3
    assert calls == [("second", 3)]
    assert (first.result, second.status) == (3, COMPLETED)


# Without the server for a moment


class LosesAnswers:
    """A transaction manager whose n-th commit is made, and its answer lost with the connection."""

    def __init__(self, manager, numbers):
        self.manager, self.numbers, self.count = manager, numbers, 0

    def __getattr__(self, name):
        return getattr(self.manager, name)

    def commit(self):
        self.manager.commit()
        self.count += 1
        if self.count in self.numbers:
            raise ClientDisconnected()


@pytest.mark.parametrize("number", [2, 3, 4, 6])
def test_a_lost_answer_repeats_nothing(connection, store, monkeypatch, number):
    """Commits: begun (1), result (2), callback begun (3), its result (4), its announcement (5), the job's end (6)."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    zope.component.provideHandler(lambda event: calls.append(("done", event.succeeded)), [IJobCompleted])
    job = Job(sample_jobs.mark, "marked")
    callback = job.addCallback(mark_as_callback, retry_policy_factory=NeverRetry)
    store(job)
    manager = LosesAnswers(connection.transaction_manager, [number])
    monkeypatch.setattr(connection, "transaction_manager", manager)
    job()
    assert (job.status, job.result, callback.result) == (COMPLETED, "marked", "marked")
    assert (connection.root()["marked"], connection.root()["callback"], callback.interruptions) == (1, 1, 0)
    assert calls == [("done", True), ("done", True)]


def mark_as_callback(result):
    sample_jobs.mark("callback")
    return result


# Put off


class AfterAWhile(NeverRetry):
    """Tries a job again some time after its first failure."""

    def jobError(self, failure, data_cache):
        return timedelta(seconds=0.2)


def fail_once(name, result):
    if sample_jobs.ATTEMPTS.setdefault(name, 0) == 0:
        sample_jobs.ATTEMPTS[name] = 1
        raise ValueError(name)
    calls.append((name, result))
    return result


def test_D20_a_callback_that_is_put_off_holds_no_thread(put, dispatch):
    dispatch(size=1, poll_interval=3600)
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(Job(fail_once, "later"), retry_policy_factory=AfterAWhile)
    job.addCallback(Job(note, "after it"))
    put(job)
    wait_until(lambda: "later" in sample_jobs.ATTEMPTS, 5, lambda: "not tried")
    assert wait_for_result(put(Job(sample_jobs.add, 5))) == 7
    assert wait_for_result(job) == 3
    assert callback.result == 3
    assert calls == [("later", 3), ("after it", 3)]


def test_a_callback_without_queue_cannot_be_put_off(store, log):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(Job(fail_once, "now or never"), retry_policy_factory=AfterAWhile)
    store(job)()
    assert callback.result.check(ValueError)
    assert job.status == COMPLETED
    sample_jobs.ATTEMPTS.clear()


def test_completion_of_a_job_with_callbacks_is_announced_after_them(put, dispatch):
    zope.component.provideHandler(lambda event: calls.append(("done", event.object.args[0])), [IJobCompleted])
    dispatch(size=1)
    job = Job(sample_jobs.add, 1)
    job.addCallback(Job(note, "callback"))
    put(job)
    wait_until(lambda: ("done", 1) in calls, 5, lambda: str(calls))
    assert calls == [("callback", 3), ("done", "callback"), ("done", 1)]
