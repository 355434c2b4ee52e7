"""Jobs that tell how far they are."""

import pytest
import sample_jobs
import transaction

from zc.async_ import cancel
from zc.async_ import local
from zc.async_ import notes
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import JobCancelled
from zc.async_.job import Job
from zc.async_.meter import Progress
from zc.async_.meter import progress_of
from zc.async_.testing import wait_for_annotation
from zc.async_.testing import wait_for_result


@pytest.fixture
def written(monkeypatch):
    """What was written, in order."""
    written = []

    def write(job, name, value):
        written.append(value["done"])
        return original(job, name, value)

    original = notes.write
    monkeypatch.setattr(notes, "write", write)
    return written


def half_done():
    local.progress(5, 10, "half")
    sample_jobs.mark("half")
    sample_jobs.hold("half")
    local.progress(10, 10, "all")


def tell(*reports):
    for report in reports:
        local.progress(*report)


def tell_slowly(clock, *reports):
    for seconds, *report in reports:
        clock.advance(seconds=seconds)
        local.progress(*report)


def tell_and_fail():
    local.progress(3, 4)
    raise ValueError("broken")


def tell_for_long():
    for _ in range(1000):
        local.progress(1)
        sample_jobs.GATES["pause"].wait(0.01)


def fill_cache(count):
    """Look at many objects, telling of each; the number of objects that were in memory at most."""
    root = local.getJob()._p_jar.root()
    loaded = 0
    for number in range(count):
        assert root[f"object {number}"].value == 0
        local.progress(number, count)
        loaded = max(loaded, root._p_jar._cache.cache_non_ghost_count)
    return loaded


def test_progress_is_seen_while_the_job_runs(put, dispatch, release):
    dispatch()
    job = put(half_done)
    wait_for_annotation(job, "progress")
    assert progress_of(job) == Progress(5, 10, "half", 0.5)
    release("half")
    wait_for_result(job)
    assert progress_of(job) == Progress(10, 10, "all", 1.0)
    assert job._p_jar.root()["half"] == 1, "it was run once"


def test_most_calls_write_nothing(put, dispatch, written, stopped_clock):
    dispatch()
    wait_for_result(put(tell, *[(number, 100) for number in range(101)]))
    assert written == [0, 100]


def test_a_growing_total_does_not_write_each_time(put, dispatch, written, stopped_clock):
    dispatch()
    wait_for_result(put(tell, *[(number, number) for number in range(50)]))
    assert written == [0]


def test_it_is_written_again_after_a_while(put, written, stopped_clock):
    job = put(tell)
    with local.running(job):
        tell_slowly(stopped_clock, (0, 1), (0.4, 2), (0.2, 3), (0.1, 4), (-5, 5))
    assert written == [1, 3, 5]


def test_each_job_starts_anew(put, written, stopped_clock):
    for job in (put(tell), put(tell)):
        with local.running(job):
            local.progress(1)
    assert written == [1, 1]


def test_a_cancelled_job_ends_there(put, dispatch, stopped_clock, monkeypatch):
    monkeypatch.setattr(cancel, "LOOK_INTERVAL", 0)
    dispatch()
    job = put(tell_for_long)
    wait_for_annotation(job, "progress")
    job.cancel()
    transaction.commit()
    assert wait_for_result(job).check(JobCancelled)


def test_outside_a_job_and_a_queue_it_does_nothing(connection):
    local.progress(1, 2)
    job = connection.root()["job"] = Job(tell, (1, 2))
    transaction.commit()
    assert job() is None
    assert (job.status, progress_of(job)) == (COMPLETED, None)


def test_the_cache_shrinks_to_its_size(db, connection, put, dispatch):
    for number in range(300):
        connection.root()[f"object {number}"] = sample_jobs.Counter()
    transaction.commit()
    db.setCacheSize(50)
    dispatch(size=1)
    assert wait_for_result(put(fill_cache, 300)) < 100


def test_a_failed_job_shows_how_far_it_came(put, dispatch):
    dispatch()
    job = put(tell_and_fail)
    wait_for_result(job)
    assert progress_of(job) == Progress(3, 4, "", 0.75)


def test_a_job_that_succeeded_is_at_its_end(put, dispatch):
    dispatch()
    job = put(tell, (3, 4))
    wait_for_result(job)
    assert progress_of(job).fraction == 1


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (0.25, Progress(0.25, 1, "", 0.25)),
        (7, Progress(7, 1, "", 1.0)),
        ({"done": 3, "total": None, "message": "three"}, Progress(3, None, "three", None)),
        ({"done": 0, "total": 0, "message": ""}, Progress(0, 0, "", 1.0)),
        ({"done": -1, "total": 4}, Progress(-1, 4, "", 0.0)),
        ("half", None),
        ({"half": 1}, None),
    ],
)
def test_what_is_read(put, note, expected):
    job = put(tell)
    assert progress_of(job) is None
    job.annotations["progress"] = note
    assert progress_of(job) == expected
