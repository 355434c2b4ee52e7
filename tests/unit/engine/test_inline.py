"""Jobs that run in the thread of the test: right after its commits, or when it drains the queues."""

import threading
from concurrent.futures import Future
from datetime import timedelta

import pytest
import sample_jobs
import transaction

from zc.async_ import clock
from zc.async_ import dispatcher as dispatchers
from zc.async_ import local
from zc.async_.draining import drain
from zc.async_.draining import due_jobs
from zc.async_.draining import ended_jobs
from zc.async_.draining import raise_failures
from zc.async_.errors import JobsFailed
from zc.async_.errors import JobsLeft
from zc.async_.errors import NotCommitted
from zc.async_.inline import run_at_commit
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import PENDING
from zc.async_.job import Job
from zc.async_.retry import RetryWithBackoff
from zc.async_.testing import wait_until
from zc.async_.workflow import parallel
from zc.async_.workflow import serial


promises = []


@pytest.fixture(autouse=True)
def kept_promises():
    yield
    promises.clear()


@pytest.fixture
def inline(connection):
    with run_at_commit(connection):
        yield


def where():
    return threading.get_ident(), local.getDispatcher() is not None, local.getAgentName()


def queue_another(*args):
    return local.getQueue().put(Job(*args))


def add_lazily(number):
    promises.append(Future())
    return promises[-1]


def describe(failure):
    return failure.getErrorMessage()


def queue_myself():
    local.getQueue().put(Job(queue_myself))


def resolve(answer):
    wait_until(lambda: promises, 6, lambda: "nothing was promised")
    promises[0].set_result(answer)


# At commit


def test_a_job_runs_at_the_commit_in_this_thread(inline, put):
    job = put(where)
    assert (job.status, job.result) == (COMPLETED, (threading.get_ident(), True, "main"))
    assert local.getDispatcher() is local.getAgentName() is None


def test_what_a_job_did_is_seen_at_once(inline, put, connection):
    put(sample_jobs.mark, "one")
    assert connection.root()["one"] == 1


def test_nothing_runs_before_the_commit_or_after_an_abort(inline, queue, connection):
    queue.put(Job(sample_jobs.mark, "one"))
    assert "one" not in connection.root()
    transaction.abort()
    assert "one" not in connection.root()


def test_each_commit_counts_also_of_a_transaction_that_nobody_began(inline, queue, connection):
    for number in (1, 2, 3):
        queue.put(Job(sample_jobs.mark, "one"))
        transaction.get().commit()
        assert connection.root()["one"] == number


def test_a_job_of_a_job_runs_too(inline, put):
    assert put(queue_another, sample_jobs.add, 1).result == 3


@pytest.mark.parametrize("batch", [serial, parallel])
def test_batches_complete(inline, put, batch):
    done = put(batch(Job(sample_jobs.add, 1), Job(sample_jobs.add, 2), postprocess=Job(sample_jobs.results)))
    assert done.result == [3, 4]


def test_callbacks_run(inline, queue):
    job = queue.put(Job(sample_jobs.fail))
    callback = job.addCallbacks(failure=Job(describe))
    transaction.commit()
    assert (job.status, callback.result) == (COMPLETED, "broken")


def test_conflicts_are_tried_again_and_quotas_are_kept(inline, queue):
    queue.quotas.create("one", 1)
    jobs = [Job(sample_jobs.conflict, 2) for _ in range(3)]
    for job in jobs:
        job.quota_names = ("one",)
        queue.put(job)
    transaction.commit()
    assert [job.result for job in jobs] == [3, 3, 3]


def test_delayed_jobs_wait(inline, queue, put):
    job = put(sample_jobs.add, 1, begin_after=clock.now() + timedelta(hours=1))
    assert job.status == PENDING
    drain(queue._p_jar)
    assert job.status == PENDING
    drain(queue._p_jar, ahead=timedelta(hours=1))
    assert job.result == 3
    assert clock.now() < job.begin_after


def test_a_job_that_is_put_off_waits_too(inline, queue, put):
    job = put(sample_jobs.mark_and_fail, "one", retry_policy_factory=RetryWithBackoff)
    assert job.status == PENDING
    drain(queue._p_jar, ahead=timedelta(days=1))
    assert job.status == PENDING, "each failure puts it off again"


def test_a_result_from_elsewhere_is_waited_for(inline, put):
    threading.Thread(target=resolve, args=(42,), daemon=True).start()
    assert put(add_lazily, 1).result == 42


def test_it_ends_though_a_job_queues_itself_for_ever(connection, put):
    with run_at_commit(connection, seconds=0.2):
        first = put(queue_myself)
    assert first.status == COMPLETED
    assert due_jobs(connection)


def test_the_transaction_of_the_thread_is_left_alone(connection, put):
    with run_at_commit(connection) as dispatcher:
        job = put(sample_jobs.add, 1, begin_after=clock.now() + timedelta(hours=1))
        connection.root()["mine"] = 1
        mine = transaction.get()
        with clock.ahead(timedelta(hours=1)):
            dispatcher.run_due()
        assert transaction.get() is mine
        assert connection.root()["mine"] == 1
        transaction.abort()
        assert (job.result, connection.root().get("mine")) == (3, None)


def test_jobs_that_are_never_committed_are_told(connection, queue):
    with pytest.raises(NotCommitted, match="1 jobs were queued, but not committed: "), run_at_commit(connection):
        queue.put(Job(sample_jobs.add, 1))


def test_dispatchers_rest_meanwhile(connection, put, dispatch):
    live = dispatch()
    with run_at_commit(connection):
        assert put(where).result[0] == threading.get_ident()
        assert live.activated is None
    job = put(where)
    drain(connection)
    assert job.result[0] != threading.get_ident()


def test_nothing_is_left_behind(connection, put):
    size = connection.db().getPoolSize()
    with run_at_commit(connection):
        put(sample_jobs.add, 1)
    assert put(sample_jobs.add, 1).status == PENDING
    assert dispatchers.registered() == ()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("zc.async")]
    assert connection.db().getPoolSize() == size
    assert [record.activated for record in put(sample_jobs.add, 1).queue.dispatchers.values()] == [None]


# Draining


def test_without_a_dispatcher_jobs_are_run_here(connection, put):
    job = put(queue_another, where)
    drain(connection)
    assert job.result == (threading.get_ident(), True, "main")
    assert len(ended_jobs(connection)) == 2


def test_with_a_dispatcher_it_waits_until_the_last_job_of_a_job_is_done(connection, put, dispatch):
    dispatch()
    jobs = [put(queue_another, queue_another, where) for _ in range(5)]
    drain(connection)
    assert {job.status for job in jobs} == {COMPLETED}
    assert len(ended_jobs(connection)) == 15
    assert threading.get_ident() not in {job.result[0] for job in jobs}


def test_a_dispatcher_gets_on_with_delayed_jobs(connection, put, dispatch):
    dispatch()
    job = put(sample_jobs.add, 1, begin_after=clock.now() + timedelta(hours=1))
    drain(connection)
    assert job.status == PENDING
    drain(connection, ahead=timedelta(hours=1))
    assert job.result == 3


def test_what_is_not_done_in_time_is_named(connection, put, dispatch, release, wait_for_arrival):
    dispatch()
    put(sample_jobs.hold, "one")
    wait_for_arrival("one")
    with pytest.raises(JobsLeft, match=r"(?s)1 jobs .*0\.1 seconds.*hold \(active"):
        drain(connection, seconds=0.1)
    release("one")
    drain(connection)


def test_paused_queues_do_not_count(connection, queue, put):
    queue.paused = True
    job = put(sample_jobs.add, 1)
    drain(connection)
    assert job.status == PENDING


def test_the_failures_are_raised_with_their_tracebacks(connection, put):
    put(sample_jobs.add, 1)
    put(sample_jobs.fail, "too bad")
    drain(connection)
    with pytest.raises(JobsFailed, match=r"(?s)^1 jobs failed:.*sample_jobs.fail.*in fail.*too bad") as caught:
        raise_failures(ended_jobs(connection))
    assert isinstance(caught.value.__cause__, ValueError)
    raise_failures([])
