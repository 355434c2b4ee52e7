"""Results that are not values: other jobs, Deferreds, futures, and what cannot be stored."""

import threading
import uuid
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sample_jobs
import transaction
from twisted.internet.defer import Deferred
from twisted.python import failure
from zope.interface.verify import verifyObject

from zc.async_ import clock
from zc.async_ import local
from zc.async_.agent import Agent
from zc.async_.execution import Execution
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import IJob
from zc.async_.job import Job
from zc.async_.queue import Queue
from zc.async_.retry import NeverRetry
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until


@pytest.fixture
def store(connection):
    def store(job, name="job"):
        connection.root()[name] = job
        transaction.commit()
        return job

    return store


def give(value):
    return value


def queue_and_give(function, *args):
    """The natural way to split work: queue a job and return it."""
    return local.getQueue().put(Job(function, *args))


def queue_with_same_quota(function, *args):
    job = Job(function, *args)
    job.quota_names = local.getJob().quota_names
    return local.getQueue().put(job)


def queue_elsewhere(name, function, *args):
    return local.getQueue().parent[name].put(Job(function, *args))


def chain(length):
    if length == 0:
        return "end"
    return local.getQueue().put(Job(chain, length - 1))


def mark_and_queue(name):
    sample_jobs.mark(name)
    return local.getQueue().put(Job(sample_jobs.hold, name))


# A job, called by hand


def test_E53_a_job_as_result_is_waited_for(store):
    inner = store(Job(sample_jobs.add, 1), "inner")
    outer = Job(give, inner)
    callback = outer.addCallback(sample_jobs.add)
    assert store(outer)() is inner
    assert (outer.status, outer.result, callback.status) == (ACTIVE, inner, NEW)
    assert (outer.active_end, inner.status) == (None, NEW)
    inner()
    assert (inner.result, outer.result, outer.status) == (3, 3, COMPLETED)
    assert callback.result == 5
    assert outer.active_start <= inner.active_end <= outer.active_end
    assert inner.waiters == ()


def test_E54_K10_the_result_of_a_completed_job_is_taken_over(store):
    inner = store(Job(sample_jobs.add, 1), "inner")
    inner()
    outer = store(Job(give, inner))
    assert outer() == 3
    assert outer.status == COMPLETED


def test_a_failure_of_the_other_job_is_taken_over(store):
    inner = store(Job(sample_jobs.fail, "inside"), "inner")
    outer = store(Job(give, inner))
    outer()
    inner()
    assert outer.result.getErrorMessage() == "inside"
    inner = store(Job(sample_jobs.fail, "inside"), "inner")
    outer = store(Job(give, inner))
    outer()
    inner.fail(ValueError("never begun"))
    assert outer.result.getErrorMessage() == "never begun"


def test_several_jobs_wait_for_one(store):
    inner = store(Job(sample_jobs.add, 1), "inner")
    outers = [store(Job(give, inner), name) for name in "ab"]
    for outer in outers:
        outer()
    inner()
    assert [outer.result for outer in outers] == [3, 3]


def test_E56_chains_by_hand(store):
    last = store(Job(sample_jobs.add, 1), "last")
    middle = store(Job(give, last), "middle")
    first = store(Job(give, middle), "first")
    first()
    middle()
    assert [job.status for job in (first, middle)] == [ACTIVE, ACTIVE]
    last()
    assert (first.result, middle.result) == (3, 3)


def test_jobs_cannot_wait_for_each_other(store):
    one, two = store(Job(give, 1), "one"), store(Job(give, 2), "two")
    one.args[0], two.args[0] = two, one
    transaction.commit()
    one()
    two()
    assert two.result.check(BadStatusError)
    assert one.result.check(BadStatusError)
    itself = store(Job.bind(give))
    assert itself().check(BadStatusError)


def test_E20_a_failure_that_is_returned_keeps_the_changes(connection, store):
    job = store(Job(mark_and_return_failure, "kept"))
    assert job().check(ValueError)
    assert connection.root()["kept"] == 1


def mark_and_return_failure(name):
    sample_jobs.mark(name)
    return failure.Failure(ValueError(name))


# A job, in a worker


def test_E53_in_a_worker(put, dispatch):
    dispatch(size=1)
    outer = Job(queue_and_give, sample_jobs.add, 5)
    callback = outer.addCallback(sample_jobs.add)
    put(outer)
    assert wait_for_result(outer) == 7
    assert callback.result == 9
    assert outer.agent.name == "main"


def test_E76_K33_waiting_jobs_hold_no_slot(put, dispatch):
    dispatch(size=2, poll_interval=3600)
    outers = [put(Job(queue_and_give, sample_jobs.add, number)) for number in range(8)]
    assert [wait_for_result(outer) for outer in outers] == [number + 2 for number in range(8)]


def test_K34_waiting_jobs_hold_no_quota_place(queue, put, dispatch):
    queue.quotas.create("one")
    dispatch(poll_interval=3600)
    outers = [Job(queue_with_same_quota, queue_and_give, sample_jobs.add, number) for number in range(3)]
    for outer in outers:
        outer.quota_names = ("one",)
        put(outer)
    assert [wait_for_result(outer) for outer in outers] == [2, 3, 4]
    transaction.begin()
    assert len(queue.quotas["one"]) == 0


def test_a_waiting_job_seen_from_outside(queue, put, dispatch, release):
    one = dispatch(size=1)
    outer = put(Job(queue_and_give, sample_jobs.hold, "inner"))
    inner = wait_until(lambda: fresh(outer).result, 5, lambda: "does not wait")
    wait_for_start(inner)
    assert verifyObject(IJob, inner)
    assert (outer.status, outer.queue, outer.agent) == (ACTIVE, queue, None)
    assert list(queue.dispatchers[one.UUID]["main"]) == [inner]
    assert len(queue) == 0
    with pytest.raises(LookupError):
        queue.remove(outer)
    with pytest.raises(BadStatusError):
        outer.priority = 5
    release("inner")
    assert wait_for_result(outer) == "inner"


def fresh(job):
    transaction.begin()
    return job


def test_the_end_of_the_other_job_does_not_write_the_waiting_one(queue, put, dispatch, release):
    """Its record can be written meanwhile without a conflict, as by a callback that is added."""
    dispatch(size=1)
    outer = put(Job(queue_and_give, sample_jobs.hold, "inner"))
    inner = wait_until(lambda: fresh(outer).result, 5, lambda: "does not wait")
    wait_for_start(inner)
    serial = outer._p_serial
    queue.paused = True
    transaction.commit()
    release("inner")
    wait_for_result(inner)
    assert outer._p_serial == serial
    assert len(queue) == 0
    assert outer.status == ACTIVE
    callback = outer.addCallback(give)
    queue.paused = False
    transaction.commit()
    assert wait_for_result(outer) == "inner"
    assert callback.result == "inner"


def test_E56_chains_in_a_worker(put, dispatch):
    dispatch(size=1)
    assert wait_for_result(put(Job(chain, 5))) == "end"


def test_the_other_job_may_be_in_another_queue(queue, put, dispatch):
    queue.parent["other"] = Queue()
    transaction.commit()
    dispatch(size=1)
    assert wait_for_result(put(Job(queue_elsewhere, "other", sample_jobs.add, 1))) == 3


def test_a_callback_that_returns_a_job_stays_active_while_its_job_is_completed(put, dispatch, release):
    dispatch(size=1)
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(Job(queue_and_give_without, sample_jobs.hold, "inner"))
    last = callback.addCallback(give)
    put(job)
    wait_for_result(job)
    assert (callback.status, last.status) == (ACTIVE, "assigned-status")
    release("inner")
    assert wait_for_result(last) == "inner"
    assert wait_for_result(callback) == "inner"
    assert callback.parent is job


def queue_and_give_without(function, name, result):
    return queue_and_give(function, name)


def test_a_withdrawn_job_fails_those_who_wait_for_it(queue, put, dispatch):
    dispatch(size=1)
    outer = put(Job(queue_scheduled))
    inner = wait_until(lambda: fresh(outer).result, 5, lambda: "does not wait")
    wait_until(lambda: fresh(queue).scheduled, 5, lambda: "not taken in")
    queue.remove(inner)
    transaction.commit()
    assert wait_for_result(outer).check(AbortedError)
    assert inner.status == NEW


def queue_scheduled():
    return local.getQueue().put(Job(sample_jobs.add, 1), begin_after=local.getJob().begin_after + timedelta(days=1))


def test_a_job_that_fails_before_it_has_begun_fails_those_who_wait(queue, put, dispatch):
    dispatch(size=1)
    outer = put(Job(queue_scheduled))
    inner = wait_until(lambda: fresh(outer).result, 5, lambda: "does not wait")
    wait_until(lambda: fresh(queue).scheduled, 5, lambda: "not taken in")
    inner.fail(ValueError("cancelled"))
    assert wait_for_result(outer).getErrorMessage() == "cancelled"


def test_a_waiting_job_does_not_expire(put, dispatch, release):
    dispatch(size=1)
    outer = put(Job(queue_and_give, sample_jobs.hold, "long"), begin_by=timedelta(seconds=1))
    inner = wait_until(lambda: fresh(outer).result, 5, lambda: "does not wait")
    wait_for_start(inner)
    threading.Event().wait(1.1)
    release("long")
    assert wait_for_result(outer) == "long"


def give_from_root(name):
    sample_jobs.mark("outer")
    return local.getJob()._p_jar.root()[name]


def test_waiting_for_a_job_that_runs_already_does_not_disturb_it(connection, put, dispatch, release):
    dispatch(size=2)
    inner = connection.root()["inner"] = put(Job(count_and_hold, "inner"))
    transaction.commit()
    wait_until(lambda: sample_jobs.ATTEMPTS.get("inner"), 5, lambda: "not begun")
    outers = [put(Job(give_from_root, "inner")) for _ in range(5)]
    for outer in outers:
        wait_until(lambda outer=outer: fresh(outer).result, 5, lambda: "does not wait")
        wait_until(lambda outer=outer: fresh(outer).agent is None, 5, lambda: "keeps its claim")
    assert wait_for_result(put(Job(sample_jobs.add, 1))) == 3
    release("inner")
    assert [wait_for_result(outer) for outer in outers] == [1] * 5
    assert sample_jobs.ATTEMPTS["inner"] == 1
    assert fresh(connection).root()["outer"] == 5
    assert inner.waiters == ()
    wait_until(lambda: len(fresh(inner).queue.watched) == 0, 5, lambda: "still watched")


def count_and_hold(name):
    sample_jobs.ATTEMPTS[name] = sample_jobs.ATTEMPTS.get(name, 0) + 1
    sample_jobs.hold(name)
    return sample_jobs.ATTEMPTS[name]


def test_rescue_of_a_job_whose_waiting_nobody_knew_of(connection, queue, put, dispatch, monkeypatch):
    """Its worker died after the commit of what it had done and before the queue watched for it."""
    inner = connection.root()["inner"] = put(Job(sample_jobs.add, 1), begin_after=clock.now() + timedelta(days=1))
    monkeypatch.setattr(Execution, "watch", lambda self: None)
    one = dispatch(size=1)
    outer = put(Job(give_from_root, "inner"))
    wait_until(lambda: fresh(outer).result is inner, 5, lambda: "does not wait")
    assert outer.agent is not None
    monkeypatch.undo()
    one.deactivate()
    transaction.begin()
    assert (outer.status, outer.agent, list(queue.watched.values())) == (ACTIVE, None, [outer])
    assert list(queue) == [inner]
    dispatch(size=1)
    wait_until(lambda: fresh(queue).scheduled, 5, lambda: "not taken in")
    inner.fail(ValueError("over"))
    assert wait_for_result(outer).getErrorMessage() == "over"
    assert connection.root()["outer"] == 1


def test_a_job_put_again_after_it_was_withdrawn_is_still_waited_for(queue, put, dispatch):
    one = dispatch(size=1)
    outer = put(Job(queue_scheduled))
    inner = wait_until(lambda: fresh(outer).result, 5, lambda: "does not wait")
    wait_until(lambda: fresh(queue).scheduled, 5, lambda: "not taken in")
    one.deactivate()
    transaction.begin()
    queue.remove(inner)
    transaction.commit()
    inner.begin_after = None
    put(inner)
    dispatch(size=1)
    assert wait_for_result(outer) == 3


def test_rescue_of_a_job_that_was_about_to_go_on(queue, put, dispatch, release):
    first = dispatch(size=1)
    outer = put(Job(mark_and_queue, "outer"))
    inner = wait_until(lambda: fresh(outer).result, 5, lambda: "does not wait")
    wait_for_start(inner)
    queue.paused = True
    transaction.commit()
    release("outer")
    wait_for_result(inner)
    first.deactivate()
    transaction.begin()
    queue.paused = False
    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = Agent()
    record.activate()
    (claim,), _ = record["main"].claim_jobs(1)
    assert claim.job is outer
    transaction.commit()
    record.deactivate()
    transaction.commit()
    assert (outer.status, list(queue)) == (ACTIVE, [outer])
    dispatch(size=1)
    assert wait_for_result(outer) == "outer"
    assert outer._p_jar.root()["outer"] == 1


def test_rescue_of_the_job_that_is_waited_for(queue, put, dispatch, release):
    one = dispatch(size=1)
    outer = put(Job(mark_and_queue, "outer"))
    inner = wait_until(lambda: fresh(outer).result, 5, lambda: "does not wait")
    wait_for_start(inner)
    queue.dispatchers[one.UUID].deactivate()
    assert inner.status == PENDING
    transaction.commit()  # the dispatcher comes back at once
    release("outer")
    assert wait_for_result(outer) == "outer"
    assert inner.interruptions == 1
    assert outer._p_jar.root()["outer"] == 1


# Deferreds and futures


PROMISES = {}


def promise_deferred(name):
    return PROMISES.setdefault(name, Deferred())


def promise_future(name):
    return PROMISES.setdefault(name, Future())


def fire(name, value):
    promise = PROMISES.pop(name)
    if isinstance(promise, Future):
        promise.set_exception(value) if isinstance(value, Exception) else promise.set_result(value)
    elif isinstance(value, Exception):
        promise.errback(failure.Failure(value))
    else:
        promise.callback(value)


both_kinds = pytest.mark.parametrize("promise", [promise_deferred, promise_future])


@pytest.fixture(autouse=True)
def no_promises():
    PROMISES.clear()


@both_kinds
def test_E55_K22_the_result_comes_later(put, dispatch, promise):
    dispatch(size=1)
    job = Job(promise, "later")
    callback = job.addCallback(give)
    put(job)
    wait_until(lambda: "later" in PROMISES and fresh(job).active_start and fresh(job)._state, 5, lambda: "not begun")
    assert (job.status, job.result) == (ACTIVE, None)
    assert job.agent.name == "main"
    fire("later", 42)
    assert wait_for_result(job) == 42
    assert callback.result == 42
    assert wait_for_result(put(Job(sample_jobs.add, 1))) == 3


@both_kinds
def test_E55_a_failure_comes_later(put, dispatch, promise):
    dispatch()
    job = put(Job(promise, "later"))
    wait_until(lambda: "later" in PROMISES, 5, lambda: "not begun")
    fire("later", ValueError("after all"))
    assert wait_for_result(job).getErrorMessage() == "after all"


@both_kinds
def test_E55_without_a_worker(store, promise):
    job = store(Job(promise, "alone"))
    assert job() is PROMISES["alone"]
    assert job.status == ACTIVE
    fire("alone", 7)
    assert wait_for_result(job) == 7


def test_a_job_with_a_pending_promise_counts_but_holds_no_thread(queue, put, dispatch):
    one = dispatch(size=2, poll_interval=3600)
    job = put(Job(promise_deferred, "pending"))
    wait_until(lambda: fresh(job)._state, 5, lambda: "not begun")
    (pool,) = one.queues[""].values()
    wait_until(lambda: pool.free == 2, 5, lambda: "the thread is held")
    assert len(queue.dispatchers[one.UUID]["main"]) == 1
    jobs = [put(Job(sample_jobs.add, number)) for number in range(5)]
    assert [wait_for_result(other) for other in jobs] == [2, 3, 4, 5, 6]
    assert job.status == ACTIVE
    fire("pending", "done")
    assert wait_for_result(job) == "done"


def test_effects_before_a_promise_are_committed_with_it(connection, put, dispatch):
    dispatch()
    put(Job(mark_and_promise, "effect"))
    wait_until(lambda: fresh(connection).root().get("effect") == 1, 5, lambda: "no effect")
    fire("effect", 1)


def mark_and_promise(name):
    sample_jobs.mark(name)
    return promise_deferred(name)


def test_a_promise_that_dies_with_its_process_is_made_again(queue, put, dispatch):
    one = dispatch()
    job = put(Job(promise_deferred, "lost"))
    wait_until(lambda: fresh(job)._state, 5, lambda: "not begun")
    lost = PROMISES.pop("lost")
    one.deactivate()
    transaction.begin()
    assert (job.status, job.interruptions) == (PENDING, 1)
    dispatch()
    wait_until(lambda: "lost" in PROMISES, 5, lambda: "not begun again")
    lost.callback("too late")
    fire("lost", "in time")
    assert wait_for_result(job) == "in time"


def test_a_promise_of_a_job_that_was_reassigned_leaves_no_trace(queue, put, dispatch):
    one = dispatch(size=1)
    job = put(Job(promise_deferred, "taken"), retry_policy_factory=NeverRetry)
    wait_until(lambda: fresh(job)._state, 5, lambda: "not begun")
    queue.dispatchers[one.UUID].deactivate()
    transaction.commit()
    assert wait_for_result(job).check(AbortedError)
    fire("taken", "too late")
    assert wait_for_result(put(Job(sample_jobs.add, 1))) == 3
    assert fresh(job).result.check(AbortedError)


def test_what_comes_later_may_be_anything(put, dispatch):
    dispatch()
    jobs = [put(Job(promise_future, name)) for name in ("lambda", "cancelled", "promise")]
    wait_until(lambda: len(PROMISES) == 3, 5, lambda: "not begun")
    fire("lambda", lambda: 1)
    PROMISES["cancelled"].cancel()
    fire("promise", promise_deferred("another"))
    fire("another", 5)
    assert isinstance(wait_for_result(jobs[0]), failure.Failure)
    assert wait_for_result(jobs[1]).check("concurrent.futures._base.CancelledError")
    assert wait_for_result(jobs[2]) == 5


def test_a_thread_pool_of_the_application(put, dispatch):
    dispatch(size=1)
    assert wait_for_result(put(Job(in_a_thread, 20))) == 22
    EXECUTOR.shutdown()


EXECUTOR = ThreadPoolExecutor(1)


def in_a_thread(number):
    return EXECUTOR.submit(sample_jobs.add, number)


def test_a_running_reactor_fires_its_own_deferreds(queue, put, dispatch):
    class Reactor:
        running = True
        calls = []

        def callFromThread(self, function, *args):
            self.calls.append(function)
            function(*args)

    dispatch(size=1, reactor=Reactor())
    job = put(Job(promise_deferred, "reactor"))
    wait_until(lambda: Reactor.calls, 5, lambda: "the reactor was not asked")
    fire("reactor", "fired")
    assert wait_for_result(job) == "fired"


# The environment


class InPlace(Job):
    def setUp(self):
        PLACE.append("set up")

    def tearDown(self, setup_info):
        PLACE.clear()


PLACE = []


def look_at_commit(name):
    transaction.get().addBeforeCommitHook(note_place, (local.getJob()._p_jar.root(), name))


def note_place(root, name):
    root[name] = list(PLACE)


def test_E34_a_hook_before_the_commit_sees_the_environment(connection, store):
    store(InPlace(look_at_commit, "place"))()
    assert connection.root()["place"] == ["set up"]
    assert PLACE == []


# What cannot be stored


class Counter(NeverRetry):
    """A policy that keeps what no database can."""

    def jobError(self, failure, data_cache):
        data_cache["lock"] = threading.Lock()
        return False

    def updateData(self, data_cache):
        self.data = dict(data_cache)


def test_K7_data_of_a_policy_that_cannot_be_stored_are_dropped(store):
    job = Job(sample_jobs.fail, "the real problem")
    job.retry_policy_factory = Counter
    store(job)
    assert job().getErrorMessage() == "the real problem"
    assert job.status == COMPLETED


class Foreign(Exception):
    pass


def raise_with_foreign_object(database):
    raise Foreign("the real problem", foreign[0])


foreign = []


def test_E35_K7_a_failure_that_the_database_refuses_is_kept_as_text(db, store):
    """It looks storable, but refers to an object of another connection."""
    other = db.open(transaction.TransactionManager())
    foreign[:] = [other.root()]
    job = store(Job(raise_with_foreign_object, 1))
    result = job()
    assert "the real problem" in result.getErrorMessage()
    assert job.status == COMPLETED
    foreign.clear()
    other.close()


def test_E37_K20_a_job_may_call_its_own_method(put, dispatch):
    job = Own(None)
    job.callable = job.method
    assert (job.queue, job.agent, job.status) == (None, None, NEW)
    put(job)
    assert job.status == PENDING
    dispatch()
    assert wait_for_result(job) == ACTIVE


class Own(Job):
    def method(self):
        return self.status
