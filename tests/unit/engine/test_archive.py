"""Completed jobs: forgetting one, queueing a failed one again, and the history of what people did."""

import itertools
import uuid

import pytest
import sample_jobs
import transaction

from zc.async_ import executor
from zc.async_ import history
from zc.async_ import local
from zc.async_ import timeline
from zc.async_.agent import Agent
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import UnknownQuota
from zc.async_.job import Job
from zc.async_.later import OwnThread
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until
from zc.async_.workflow import parallel
from zc.async_.workflow import serial


SWITCH = {}


@pytest.fixture(autouse=True)
def broken():
    """Jobs that call ``work`` fail until the switch is turned."""
    SWITCH.clear()
    return SWITCH


def work(name="work"):
    SWITCH.setdefault("calls", []).append(name)
    if not SWITCH.get("repaired"):
        raise ValueError(f"{name} is broken")
    return name


def note(name, value=None):
    SWITCH.setdefault("calls", []).append(name)
    return name


@pytest.fixture
def agent(queue):
    record = queue.dispatchers.register(uuid.UUID(int=1))
    record["main"] = Agent(size=3)
    record.activate()
    transaction.commit()
    return record["main"]


@pytest.fixture
def run(agent):
    """Run all that may start."""

    def run():
        transaction.commit()
        while (job := agent.claimJob()) is not None:
            transaction.commit()
            job()
        agent.file_completed()
        transaction.commit()

    return run


def test_K42_a_failed_job_is_queued_again_and_keeps_its_course(queue, agent, put, run, stopped_clock, broken):
    job = put(work)
    stopped_clock.advance(seconds=1)
    run()
    stopped_clock.advance(hours=1)

    job.requeue("by jane")
    transaction.commit()
    assert (job.status, list(queue), list(agent.completed), job.result) == (PENDING, [job], [], None)

    broken["repaired"] = True
    stopped_clock.advance(seconds=1)
    run()
    assert (job.status, job.result) == (COMPLETED, "work")
    assert list(agent.completed) == [job]
    assert [(entry.what, entry.details) for entry in job.timeline] == [
        ("queued", ""),
        ("ended", "work is broken"),
        ("started", ""),
        ("queued", ""),
        ("retried", "by jane"),
        ("ended", ""),
        ("started", ""),
    ]


def test_a_job_that_was_cancelled_while_it_waited_is_queued_again(queue, put, run, broken):
    broken["repaired"] = True
    job = put(work)
    job.cancel("by mistake")
    job.requeue()
    transaction.commit()
    run()
    assert (job.result, list(queue.cancelled)) == ("work", [])


def test_its_time_limit_begins_anew(queue, put, run, stopped_clock, broken):
    job = put(work, begin_by=stopped_clock.time - stopped_clock.time)
    run()
    stopped_clock.advance(hours=1)
    job.requeue()
    assert job.begin_after == stopped_clock.time
    assert not job.expired(stopped_clock.time)


@pytest.mark.parametrize("branch", ["success", "failure"])
def test_callbacks_run_again_and_the_result_chooses_anew(queue, put, run, broken, branch):
    job = Job(work)
    proxy = job.addCallbacks(success=Job(note, "success"), failure=Job(note, "failure"))
    proxy.addCallback(Job(note, "after"))
    proxy.failure.addCallback(Job(note, "own"))
    put(job)
    run()
    assert broken["calls"] == ["work", "failure", "own", "after"]

    broken["calls"].clear()
    broken["repaired"] = branch == "success"
    job.requeue()
    run()
    assert broken["calls"] == ["work", *(["success"] if branch == "success" else ["failure", "own"]), "after"]
    assert job.status == COMPLETED


def test_a_batch_repeats_only_what_failed(put, dispatch, broken):
    inner = serial(Job(note, "one"), Job(work), Job(note, "two"), stop_on_failure=True)
    batch = put(serial(Job(note, "first"), inner, stop_on_failure=True))
    dispatch()
    assert wait_for_result(batch).check(ValueError)

    broken["calls"].clear()
    broken["repaired"] = True
    batch.requeue()
    transaction.commit()
    _, second = wait_for_result(batch)
    assert [job.result for job in second.result] == ["one", "work", "two"]
    assert broken["calls"] == ["work", "two"]


def hold_if_repaired(name):
    if SWITCH.get("repaired"):
        sample_jobs.hold(name)
    return work(name)


def test_a_batch_waits_for_a_step_that_is_queued_again_meanwhile(put, dispatch, broken):
    failed, other = Job(hold_if_repaired, "again"), Job(sample_jobs.hold, "other")
    batch = put(parallel(failed, other))
    dispatch()
    wait_for_result(failed)

    broken["repaired"] = True
    failed.requeue()
    transaction.commit()
    wait_until(lambda: "again" in sample_jobs.GATES.arrived, 6, lambda: "it does not run")
    sample_jobs.GATES["other"].set()
    wait_for_result(other)
    transaction.begin()
    assert not batch.is_completed
    sample_jobs.GATES["again"].set()
    assert [job.result for job in wait_for_result(batch)] == ["again", "other"]


def ask_another():
    return local.getQueue().put(Job(work))


@pytest.mark.parametrize("make", [lambda: parallel(Job(work)), lambda: Job(ask_another)])
def test_one_is_queued_again_just_as_the_one_that_waits_for_it_goes_on(db, agent, put, broken, make):
    def claim():
        [claimed], _ = agent.claim_jobs(1)
        transaction.commit()
        return claimed

    def perform(claimed):
        executor.perform(claimed.job, claimed.key, OwnThread(db))

    waiting = put(make())
    perform(claim())
    [failed] = waiting.awaited
    perform(claim())

    claimed = claim()
    failed.requeue()
    transaction.commit()
    broken["repaired"] = True
    perform(claimed)
    assert waiting.awaited == (failed,)
    perform(claim())
    perform(claim())
    assert (waiting.status, waiting.result) == (COMPLETED, (failed,) if waiting.args else "work")


def test_a_postprocess_that_failed_is_repeated_with_the_same_arguments(put, dispatch, broken):
    batch = put(serial(Job(note, "one"), postprocess=count))
    dispatch()
    assert wait_for_result(batch).check(ValueError)

    broken["repaired"] = True
    batch.requeue()
    transaction.commit()
    assert wait_for_result(batch) == 1


def test_a_postprocess_of_an_empty_batch_keeps_its_own_arguments(put, dispatch, broken):
    batch = put(serial(postprocess=Job(count, "its own")))
    dispatch()
    assert wait_for_result(batch).check(ValueError)

    broken["repaired"] = True
    batch.requeue()
    transaction.commit()
    assert wait_for_result(batch) == 1


def count(*jobs):
    if not SWITCH.get("repaired"):
        raise ValueError("broken")
    return len(jobs)


def test_what_cannot_be_queued_again(queue, put, run, broken):
    waiting, done = put(work), put(str)
    with pytest.raises(BadStatusError):
        waiting.requeue()
    run()
    callback = Job(work)
    with pytest.raises(BadStatusError, match="failed or was cancelled"):
        done.requeue()
    waiting.addCallback(callback)
    with pytest.raises(BadStatusError, match="callbacks have ended"):
        waiting.requeue()
    with pytest.raises(BadStatusError):
        callback.forget()


def test_a_job_whose_quota_is_gone_stays_as_it_is(queue, put, run, broken):
    queue.quotas.create("narrow")
    job = Job(work)
    job.quota_names = ("narrow",)
    put(job)
    run()
    queue.quotas.remove("narrow")
    with pytest.raises(UnknownQuota):
        job.requeue()
    assert job.status == COMPLETED


@pytest.mark.parametrize("number", [0, 3, 11, 19])
def test_K42_a_completed_job_is_forgotten_wherever_it_is_kept(queue, agent, put, run, number):
    jobs = [put(str, each) for each in range(20)]
    run()
    assert len(agent.completed) == 20

    jobs[number].forget()
    transaction.commit()
    assert sorted(job.result for job in agent.completed) == sorted(str(each) for each in range(20) if each != number)
    assert len(agent.completed) == 19
    assert jobs[number].queue is None


def test_forgetting_all_leaves_nothing(queue, agent, put, run):
    jobs = [put(str, each) for each in range(20)]
    run()
    for job in jobs:
        job.forget()
    transaction.commit()
    assert len(agent.completed) == 0 and not agent.completed and list(agent.completed.pages()) == []


def test_a_job_that_ended_but_is_not_filed_is_forgotten(queue, agent, put):
    job = put(str)
    agent.claimJob()
    transaction.commit()
    job()
    assert agent.ended() == [job]
    job.forget()
    transaction.commit()
    agent.file_completed()
    assert agent.ended() == [] and not agent.completed


def test_a_forgotten_job_may_not_be_used_again(queue, put, run, broken):
    job = put(work)
    run()
    job.forget()
    with pytest.raises(BadStatusError):
        job.requeue()
    with pytest.raises(BadStatusError):
        job.forget()


def test_the_history_keeps_the_newest(queue, stopped_clock):
    assert queue.history is None
    for number in range(history.LONGEST + 1):
        stopped_clock.advance(seconds=1)
        history.record(queue, "jane", "pause", details=str(number))
    deeds = list(queue.history)
    assert len(deeds) == history.LONGEST
    assert [deed.details for deed in itertools.islice(deeds, 2)] == [str(history.LONGEST), str(history.LONGEST - 1)]
    assert deeds[0].time == stopped_clock.time


def test_the_course_stays_bounded(queue, put, run, broken):
    job = put(work)
    for _ in range(timeline.LONGEST):
        run()
        job.requeue()
    assert len(job.timeline) <= timeline.LONGEST + 3
    queue.remove(job)
    assert job.status == NEW
