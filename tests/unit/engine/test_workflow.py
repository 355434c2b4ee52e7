"""Batches: serial and parallel, whatever interrupts them."""

import uuid
from datetime import timedelta

import pytest
import sample_jobs
import transaction

from zc.async_ import local
from zc.async_.agent import Agent
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import AbortedError
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import JobCancelled
from zc.async_.job import Job
from zc.async_.retry import NeverRetry
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until
from zc.async_.workflow import failed_jobs
from zc.async_.workflow import parallel
from zc.async_.workflow import run_parallel
from zc.async_.workflow import run_serial
from zc.async_.workflow import serial


calls = []


@pytest.fixture(autouse=True)
def journal():
    calls.clear()
    return calls


def note(name):
    calls.append(name)
    return name


def hold_and_note(name):
    sample_jobs.hold(name)
    return note(name)


def results(*jobs):
    calls.append("postprocess")
    return [job.result for job in jobs]


def results_after(first, *jobs):
    return [first, *results(*jobs)]


def fail_and_note(name):
    calls.append(name)
    raise ValueError(name)


def steps(*names):
    return [Job(note, name) for name in names]


def fresh(job):
    transaction.begin()
    return job


both = pytest.mark.parametrize("batch", [serial, parallel])


@both
def test_E70_the_result_is_a_tuple_of_the_jobs(put, dispatch, batch):
    dispatch()
    jobs = steps("a", "b", "c")
    main = put(batch(*jobs))
    assert wait_for_result(main) == tuple(jobs)
    assert [job.result for job in main.result] == ["a", "b", "c"]
    assert sorted(calls) == ["a", "b", "c"]
    assert failed_jobs(main) == []


@both
def test_E70_postprocess_gets_the_jobs(put, dispatch, batch):
    dispatch()
    assert wait_for_result(put(batch(*steps("a", "b"), postprocess=results))) == ["a", "b"]
    assert calls[-1] == "postprocess"


@both
def test_E71_postprocess_may_be_a_job_with_arguments(put, dispatch, batch):
    dispatch()
    main = put(batch(*steps("a", "b"), postprocess=Job(results_after, "first")))
    assert wait_for_result(main) == ["first", "a", "b"]
    assert calls.count("postprocess") == 1


@both
def test_E71_no_other_keyword(batch):
    with pytest.raises(TypeError, match="only accepts one keyword argument, ``postprocess``"):
        batch(note, after=note)
    with pytest.raises(TypeError, match="Could not adapt"):
        batch(3)


def test_E70_serial_is_strictly_one_after_the_other(put, dispatch, release):
    dispatch(size=3)
    jobs = [Job(hold_and_note, name) for name in "abc"]
    main = put(serial(*jobs))
    for number, name in enumerate("abc"):
        wait_for_start(jobs[number])
        assert [job.status for job in jobs[number + 1 :]] == [NEW] * (2 - number)
        release(name)
    wait_for_result(main)
    assert calls == ["a", "b", "c"]


def test_E70_parallel_jobs_overlap(put, dispatch, release):
    dispatch(size=3)
    jobs = [Job(sample_jobs.hold, name) for name in "abc"]
    main = put(parallel(*jobs))
    for job in jobs:
        wait_for_start(job)
    assert main.status == ACTIVE
    for name in "cab":
        release(name)
    assert wait_for_result(main) == tuple(jobs)


@both
def test_E72_a_failing_job_does_not_stop_the_others(put, dispatch, batch):
    dispatch()
    jobs = [Job(note, "a"), Job(fail_and_note, "b"), Job(note, "c")]
    main = put(batch(*jobs))
    assert wait_for_result(main) == tuple(jobs)
    assert sorted(calls) == ["a", "b", "c"]
    assert jobs[1].result.check(ValueError)
    assert failed_jobs(main) == [jobs[1]]


def test_K13_stopping_at_the_first_failure(put, dispatch):
    dispatch()
    jobs = [Job(note, "a"), Job(fail_and_note, "b"), Job(note, "c")]
    main = put(serial(*jobs, postprocess=results, stop_on_failure=True))
    assert wait_for_result(main).getErrorMessage() == "b"
    assert calls == ["a", "b"]
    assert jobs[2].status == NEW
    assert failed_jobs(main) == [jobs[1]]


def test_K13_without_a_failure_it_changes_nothing(put, dispatch):
    dispatch()
    assert wait_for_result(put(serial(*steps("a", "b"), postprocess=results, stop_on_failure=True))) == ["a", "b"]


def test_K13_failures_in_batches_of_batches(put, dispatch):
    dispatch()
    bad = Job(fail_and_note, "bad")
    main = put(parallel(serial(Job(note, "a"), bad), Job(note, "b")))
    wait_for_result(main)
    assert failed_jobs(main) == [bad]


@both
def test_E73_K12_nothing_to_do(put, dispatch, batch):
    dispatch()
    assert wait_for_result(put(batch())) == ()
    assert wait_for_result(put(batch(postprocess=results))) == []


@both
def test_a_batch_needs_a_queue(connection, batch):
    main = connection.root()["batch"] = batch(note)
    transaction.commit()
    assert main().check(BadStatusError)


def append_to_batch(name):
    from zc.async_.interfaces import KEY

    note(name)
    batch = local.getJob()._p_jar.root()["batch"]
    assert batch.queue is local.getJob()._p_jar.root()[KEY][""]
    batch.args.append(Job(note, f"{name} appended"))
    return name


def append_in_callback(result):
    append_to_batch("callback")


@both
def test_E74_extending_a_batch_that_runs(connection, put, dispatch, batch):
    dispatch()
    first = Job(append_to_batch, "first")
    last = Job(note, "last")
    last.addCallback(append_in_callback)
    main = connection.root()["batch"] = batch(first, last, postprocess=results)
    main.args.append(Job(note, "before the start"))
    put(main)
    expected = ["first", "last", "before the start", "first appended", None]
    found = wait_for_result(main)
    assert sorted(found, key=str) == sorted(["callback appended", *expected[:4]], key=str)
    if batch is serial:
        assert found == ["first", "last", "before the start", "first appended", "callback appended"]


def test_E76_K33_more_batches_than_threads(put, dispatch):
    dispatch(size=2, poll_interval=3600)
    mains = [
        put(batch(*steps(f"{number}a", f"{number}b"), postprocess=results))
        for number in range(4)
        for batch in (serial, parallel)
    ]
    for number, main in enumerate(mains):
        assert wait_for_result(main, 15) == [f"{number // 2}a", f"{number // 2}b"]


def test_K34_a_batch_and_its_jobs_may_share_a_quota_of_one(queue, put, dispatch):
    queue.quotas.create("one")
    dispatch(poll_interval=3600)
    for batch in (serial, parallel):
        jobs = steps("a", "b")
        main = batch(*jobs, postprocess=results)
        for job in (main, *jobs, main.kwargs["postprocess"]):
            job.quota_names = ("one",)
        assert wait_for_result(put(main)) == ["a", "b"]


@both
def test_no_step_is_disturbed_by_its_batch(put, dispatch, batch):
    dispatch(size=3)
    jobs = steps(*map(str, range(40)))
    main = put(batch(*jobs))
    assert wait_for_result(main, 20) == tuple(jobs)
    assert sorted(calls) == sorted(map(str, range(40)))


def test_a_parallel_batch_runs_twice(put, dispatch):
    dispatch(size=3)
    main = put(parallel(*steps(*map(str, range(20)))))
    wait_for_result(main, 15)
    # Queued, waiting, completed.
    assert len(main._p_jar.db().history(main._p_oid, size=100)) == 3


# Interrupted


def die_with(queue, count):
    """A worker claims that many jobs, starts them, and dies."""
    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = Agent(size=10)
    record.activate()
    claims, _ = record["main"].claim_jobs(count)
    transaction.commit()
    record.deactivate()
    transaction.commit()
    return [claim.job for claim in claims]


def work_off(queue, dispatch):
    """Work until nothing is left, then stop."""
    one = dispatch(size=1)
    wait_until(lambda: one.last_poll and fresh(queue).dispatchers and not queue and _idle(queue), 10, lambda: "busy")
    one.deactivate()
    transaction.begin()


def _idle(queue):
    return not any(len(agent) for record in queue.dispatchers.values() for agent in record.values())


@both
def test_E75_K25_interrupted_at_every_step(queue, put, dispatch, batch):
    """Whatever is claimable is first claimed by a worker that dies; then one job at a time is worked off."""
    jobs = steps("a", "b", "c")
    main = put(batch(*jobs, postprocess=results))
    for _ in range(100):
        if fresh(main).status == COMPLETED:
            break
        die_with(queue, 10)
        run_one(queue)
    assert main.result == ["a", "b", "c"]
    assert calls == ["a", "b", "c", "postprocess"]
    assert main.interruptions >= 2


def run_one(queue):
    """Claim and run one job as a worker would."""
    from zc.async_ import executor
    from zc.async_.later import OwnThread

    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = Agent(size=1)
    record.activate()
    claims, _ = record["main"].claim_jobs(1)
    transaction.commit()
    for claim in claims:
        executor.perform(claim.job, claim.key, OwnThread(queue._p_jar.db()))
    transaction.commit()


def test_E75_K25_main_and_step_interrupted_together(queue, put, dispatch, release):
    one = dispatch(size=3)
    jobs = [Job(note, "a"), Job(hold_and_note, "b"), Job(note, "c")]
    main = put(serial(*jobs, postprocess=results))
    wait_for_start(jobs[1])
    transaction.begin()
    queue.dispatchers[one.UUID].deactivate()
    transaction.commit()
    assert (main.status, jobs[2].status) == (ACTIVE, NEW)
    release("b")
    assert wait_for_result(main) == ["a", "b", "c"]
    assert jobs[1].interruptions == 1
    assert calls[-2:] == ["c", "postprocess"]


def test_a_withdrawn_step_fails_the_batch(queue, put, dispatch, release):
    dispatch(size=1)
    jobs = [Job(hold_and_note, "a"), Job(note, "b"), Job(note, "c")]
    main = put(parallel(*jobs))
    wait_for_start(jobs[0])
    wait_until(lambda: fresh(queue).lanes and len(queue) == 2, 5, lambda: "not put")
    queue.paused = True
    transaction.commit()
    release("a")
    wait_for_result(jobs[0])
    queue.remove(jobs[2])
    queue.paused = False
    transaction.commit()
    assert wait_for_result(main).check(AbortedError)


# Batches that keep their places in quotas


class Whole:
    """Mixed into a batch: nobody else of its quota starts before it has ended."""

    keeps_places = True


class WholeBatch(Whole, Job):
    pass


def whole(schedule, *jobs):
    batch = WholeBatch(schedule, *jobs)
    batch.quota_names = ("one",)
    return batch


@pytest.fixture
def quota(queue):
    queue.quotas.create("one")
    transaction.commit()
    return queue.quotas["one"]


both_ways = pytest.mark.parametrize("schedule", [run_serial, run_parallel])


@both_ways
def test_E53_a_batch_that_keeps_its_place_runs_before_the_next(put, dispatch, quota, schedule):
    dispatch(size=3)
    batches = [put(whole(schedule, *steps(f"{name}1", f"{name}2"))) for name in "abc"]
    for batch in batches:
        wait_for_result(batch, 15)
    assert [name[0] for name in calls] == list("aabbcc")
    assert len(quota) == 0


def test_E53_another_job_of_the_quota_waits_for_the_whole_batch(put, dispatch, quota, wait_for_arrival, release):
    dispatch(size=3)
    batch = put(whole(run_serial, Job(hold_and_note, "a"), Job(note, "b")))
    other = Job(note, "other")
    other.quota_names = ("one",)
    put(other)
    wait_for_arrival("a")
    assert list(quota) == [batch]
    release("a")
    wait_for_result(other)
    assert calls == ["a", "b", "other"]


@both_ways
def test_E53_E75_a_rescued_batch_neither_loses_nor_leaks_its_place(queue, put, dispatch, quota, schedule):
    """Whatever is claimable is first claimed by a worker that dies; then one job at a time is worked off."""
    batches = [put(whole(schedule, *steps(f"{name}1", f"{name}2", f"{name}3"))) for name in "ab"]
    for _ in range(100):
        if fresh(batches[1]).status == COMPLETED:
            break
        die_with(queue, 10)
        run_one(queue)
        assert len(quota) <= 1
    assert calls == ["a1", "a2", "a3", "b1", "b2", "b3"]
    assert min(batch.interruptions for batch in batches) >= 2
    assert len(quota) == 0


class FlakyBatch(WholeBatch):
    """Fails to set up once its first step is done, and is tried again a minute later."""

    def setUp(self):
        if self.args[0].is_completed and self not in calls:
            calls.append(self)
            raise ValueError("not now")


class InAMinute(NeverRetry):
    def jobError(self, failure, data_cache):
        return timedelta(minutes=1)


def test_E53_a_batch_that_is_put_off_keeps_its_place(queue, put, quota, stopped_clock):
    first = FlakyBatch(run_serial, *steps("a1", "a2"))
    first.quota_names, first.retry_policy_factory = ("one",), InAMinute
    put(first)
    second = put(whole(run_serial, *steps("b1")))
    for _ in range(9):
        run_one(queue)
    assert calls == ["a1", first]
    assert list(quota) == [first]
    stopped_clock.advance(minutes=1)
    for _ in range(9):
        run_one(queue)
    assert calls == ["a1", first, "a2", "b1"]
    assert fresh(second).status == COMPLETED


@both_ways
def test_E53_cancelling_a_batch_cancels_its_steps_and_frees_its_place(put, dispatch, quota, schedule, wait_for_arrival):
    dispatch(size=1)
    batch = put(whole(schedule, Job(sample_jobs.until_cancelled, "a"), Job(note, "b")))
    other = put(whole(schedule, Job(note, "other")))
    wait_for_arrival("a")
    assert batch.cancel("enough") is False
    transaction.commit()
    assert wait_for_result(batch).check(JobCancelled)
    assert batch.args[0].result.getErrorMessage() == "enough"
    wait_for_result(other)
    assert calls == ["other"]
    assert len(quota) == 0


def test_E53_a_failed_batch_frees_its_place(put, dispatch, quota):
    dispatch()
    batch = whole(run_serial, Job(fail_and_note, "a"), Job(note, "b"))
    batch.kwargs["stop_on_failure"] = True
    put(batch)
    wait_for_result(put(whole(run_serial, Job(note, "other"))))
    assert calls == ["a", "other"]
    assert len(quota) == 0


def put_limited(name):
    """A step that has another job do the work."""
    job = Job(note, name)
    job.quota_names = ("one",)
    return local.getQueue().put(job)


@both_ways
def test_E53_K34_a_step_that_needs_the_place_of_its_batch_is_refused(put, dispatch, quota, schedule):
    dispatch()
    step = Job(note, "a")
    step.quota_names = ("one",)
    failure = wait_for_result(put(whole(schedule, step)))
    assert failure.check(BadStatusError)
    assert "would wait for ever for the quota 'one'" in failure.getErrorMessage()
    inner = Job(put_limited, "b")
    batch = put(whole(schedule, serial(inner)))
    wait_for_result(batch)
    assert inner.result.check(BadStatusError)
    assert len(quota) == 0
    assert calls == []
