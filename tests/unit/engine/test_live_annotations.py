"""Notes that others see while the job runs, and that no running job conflicts with."""

import threading
import time
from datetime import timedelta

import pytest
import sample_jobs
import transaction
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import ConflictError
from ZODB.utils import u64

from zc.async_ import local
from zc.async_ import notes
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import JobNotPicklable
from zc.async_.job import Job
from zc.async_.pruner import Pruner
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until


def report(name, *values):
    """Tell of progress, wait for the test, and say what this transaction saw of it."""
    for value in values:
        local.setLiveAnnotation("progress", value)
    sample_jobs.mark(name)
    sample_jobs.hold(name)
    return local.getJob().annotations.get("progress")


def read_own(name):
    sample_jobs.GATES.arrived.add(name)
    return local.getLiveAnnotation(name, "nothing", timeout=20, poll=0.01)


def test_E114_a_live_annotation_is_seen_while_the_job_runs(put, dispatch, release):
    dispatch()
    job = put(report, "reporter", 1, 2)
    wait_for_start(job)
    wait_until(lambda: transaction.begin() and job.annotations.get("progress") == 2, 5, lambda: "no progress")
    release("reporter")
    wait_for_result(job)
    assert job.annotations["progress"] == 2


def test_E114_the_job_neither_sees_nor_conflicts(db, put, dispatch, release):
    dispatch()
    job = put(report, "blind", 1)
    wait_for_start(job)
    release("blind")
    assert wait_for_result(job) is None
    assert job._p_jar.root()["blind"] == 1, "it was run once"
    assert [entry["description"] for entry in db.history(job._p_oid, size=9)].count(b"zc.async live annotation") == 0


def test_E114_others_may_set_what_a_job_waits_for(put, dispatch):
    dispatch()
    job = put(read_own, "answer")
    wait_for_start(job)
    local.setLiveAnnotation("answer", [42], job)
    assert wait_for_result(job) == [42]


def test_E114_other_jobs_are_reached_from_a_job(put, dispatch):
    dispatch()
    listener = put(read_own, "word")
    wait_for_result(put(tell, listener))
    assert wait_for_result(listener) == "hello"


def tell(job):
    local.setLiveAnnotation("word", "hello", job)


def test_E114_K23_the_default_comes_after_the_timeout(put):
    job = put(sample_jobs.add, 1)
    before = time.monotonic()
    assert local.getLiveAnnotation("word", "default", timeout=0.1, poll=0.02, job=job) == "default"
    assert 0.1 <= time.monotonic() - before < 2
    assert local.getLiveAnnotation("word", job=job) is None


def test_K23_the_default_comes_when_the_server_is_away(put, log, monkeypatch):
    job = put(sample_jobs.add, 1)

    def away(*args):
        raise ClientDisconnected("away")

    monkeypatch.setattr(notes.Place, "open", away)
    assert local.getLiveAnnotation("word", "default", timeout=0.05, poll=0.01, job=job) == "default"
    local.setLiveAnnotation("word", "hello", job)
    assert "cannot be read" in log.text
    assert "is lost" in log.text
    assert {record.levelname for record in log.records} == {"ERROR"}


def test_K23_the_default_comes_when_the_dispatcher_stops(put, dispatch, wait_for_arrival):
    one = dispatch()
    job = put(read_own, "never")
    wait_for_arrival("never")
    assert one.deactivate(5) is True
    transaction.begin()
    assert job.result == "nothing"


def test_an_own_annotation_is_found_too(put):
    job = put(sample_jobs.add, 1)
    job.annotations["plan"] = "a"
    transaction.commit()
    assert local.getLiveAnnotation("plan", job=job) == "a"
    local.setLiveAnnotation("plan", "b", job)
    assert local.getLiveAnnotation("plan", job=job) == "b"


def test_reading_annotations_writes_nothing(put):
    job = put(sample_jobs.add, 1)
    assert "x" not in job.annotations
    assert dict(job.annotations) == {}
    assert not job._p_changed


def test_annotations_show_both_kinds(put):
    job = put(sample_jobs.add, 1)
    job.annotations["own"] = 1
    transaction.commit()
    local.setLiveAnnotation("live", 2, job)
    transaction.begin()
    assert dict(job.annotations) == {"live": 2, "own": 1}
    assert len(job.annotations) == 2
    del job.annotations["own"]
    assert list(job.annotations) == ["live"]
    with pytest.raises(KeyError):
        del job.annotations["live"]


def test_annotations_of_a_job_outside_a_queue():
    job = Job(sample_jobs.add, 1)
    job.annotations["x"] = 1
    assert dict(job.annotations) == {"x": 1}


@pytest.mark.parametrize("method", [local.setLiveAnnotation, local.getLiveAnnotation])
def test_outside_a_job_there_is_none_to_speak_of(method):
    with pytest.raises(ValueError, match="not initialized"):
        method("name", "value")


@pytest.mark.parametrize("stored", [False, True])
def test_only_committed_jobs_in_queues_have_live_annotations(connection, stored):
    job = Job(sample_jobs.add, 1)
    if stored:
        connection.root()["job"] = job
        transaction.commit()
    with pytest.raises(ValueError, match="live annotations are for jobs"):
        local.setLiveAnnotation("name", "value", job)


def test_an_uncommitted_job_is_refused(queue):
    job = queue.put(Job(sample_jobs.add, 1))
    with pytest.raises(ValueError, match="committed"):
        local.setLiveAnnotation("name", "value", job)


@pytest.mark.parametrize("make", [lambda job: job, lambda job: [{"job": job}], lambda job: lambda: 1])
def test_only_plain_data_are_taken(put, make):
    job = put(sample_jobs.add, 1)
    with pytest.raises(JobNotPicklable, match="cannot be a live annotation"):
        local.setLiveAnnotation("name", make(job), job)


def test_the_value_is_copied(put):
    job, value = put(sample_jobs.add, 1), [1]
    local.setLiveAnnotation("name", value, job)
    value.append(2)
    assert local.getLiveAnnotation("name", job=job) == [1]


def test_many_writers_at_once(put):
    jobs = [put(sample_jobs.add, number) for number in range(4)]
    notes = [(str(number), number, job) for job in jobs for number in range(3)]
    threads = [threading.Thread(target=local.setLiveAnnotation, args=note) for note in notes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    transaction.begin()
    assert [dict(job.annotations) for job in jobs] == [{"0": 0, "1": 1, "2": 2}] * 4


def test_endless_conflicts_lose_the_note_and_are_logged(put, log, monkeypatch):
    job = put(sample_jobs.add, 1)
    attempts = []

    def conflict(self, *args):
        attempts.append(args)
        raise ConflictError()

    monkeypatch.setattr(notes.Place, "set", conflict)
    local.setLiveAnnotation("name", 1, job)
    assert len(attempts) == notes.ATTEMPTS
    assert "the live annotation 'name' of" in log.text


def test_notes_go_with_a_job_that_is_withdrawn(queue, put):
    job, other = put(sample_jobs.add, 1), put(sample_jobs.add, 2)
    for one in (job, other):
        local.setLiveAnnotation("name", 1, one)
    transaction.begin()
    queue.remove(job)
    transaction.commit()
    assert list(queue.live) == [u64(other._p_oid)]


def test_notes_go_with_a_job_that_is_forgotten(queue, put, dispatch):
    one = dispatch()
    jobs = [put(sample_jobs.add, number) for number in range(12)]
    for job in jobs:
        wait_for_result(job)
        local.setLiveAnnotation("name", 1, job)
    agent = queue.dispatchers[one.UUID]["main"]
    one.deactivate()
    transaction.begin()
    assert len(queue.live) == 12
    assert jobs[0].status == COMPLETED
    last = max(jobs, key=lambda job: job.active_end)
    queue.keep_completed_for = timedelta()
    Pruner(one.UUID).step([queue], last.active_end)
    transaction.commit()
    assert [*agent.completed] == [last]
    assert [*queue.live] == [u64(last._p_oid)]


def test_a_live_annotation_wakes_no_dispatcher(put, dispatch):
    job = put(sample_jobs.add, 1)
    one = dispatch(poll_interval=3600, filter=never)
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    wait_until(lambda: not one._bell.is_set(), 5, lambda: "never quiet")
    time.sleep(0.1)
    before = one.last_poll
    local.setLiveAnnotation("name", 1, job)
    time.sleep(0.1)
    assert one.last_poll == before


def never(job):
    return False
