"""``queue()``, ``wait_for_all_jobs()`` and what else the package offers by name."""

import pytest
import sample_jobs
import transaction

import plone.app.async_
from plone.app.async_ import Job
from plone.app.async_ import progress
from plone.app.async_ import queue
from plone.app.async_.service import makeJob
from plone.app.async_.utils import wait_for_all_jobs
from zc.async_ import local
from zc.async_.draining import ended_jobs
from zc.async_.meter import Progress
from zc.async_.meter import progress_of
from zc.async_.testing import wait_for_annotation
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start


@pytest.fixture(autouse=True)
def gates():
    yield
    sample_jobs.GATES.open_all()
    sample_jobs.GATES.reset()


def two(context):
    return 2


def queue_more(levels):
    if levels:
        queue(Job(queue_more, levels - 1))
    return levels


def fail_at_the_end(levels):
    if not levels:
        raise ValueError("the last one")
    queue(Job(fail_at_the_end, levels - 1))


def fail(context):
    raise ValueError("a step")


def queue_and_return(context):
    return queue(Job(two, None))


def tell(context):
    progress(1, 4, "one")
    sample_jobs.hold("teller")


def test_P1_the_package_offers_names():
    assert {"Job", "RetryWithDelay", "queue", "progress"} <= set(plone.app.async_.__all__)
    assert plone.app.async_.RetryWithDelay.max_retries == 8


def test_P28_a_job_queues_others(service, site, worker):
    job = queue(Job(queue_more, 3))
    transaction.commit()
    wait_for_all_jobs(30)
    assert job.result == 3
    assert len(ended_jobs(site._p_jar)) == 4


def test_P19_a_job_returns_another(service, folder, worker):
    job = service.queueJob(queue_and_return, folder)
    transaction.commit()
    assert wait_for_result(job, 30) == 2


def test_P29_K80_waiting_for_running_and_newly_queued_jobs(service, folder, worker):
    queue(Job(fail_at_the_end, 5))
    transaction.commit()
    with pytest.raises(AssertionError, match="ValueError: the last one"):
        wait_for_all_jobs(30)


def test_P29_failures_may_be_expected(service, folder, worker):
    job = service.queueJob(fail, folder)
    transaction.commit()
    wait_for_all_jobs(30, assert_successful=False)
    assert job.result.getErrorMessage() == "a step"


def test_P29_a_failed_step_of_a_batch_is_a_failure(service, folder, worker):
    service.queueSerialJobs(makeJob(two, folder), makeJob(fail, folder), makeJob(two, folder))
    transaction.commit()
    with pytest.raises(AssertionError, match=r"test_utils.fail on /plone/work\n(.*\n)*.*ValueError: a step"):
        wait_for_all_jobs(30)


def test_P29_K80_one_deadline_names_what_is_left(service, folder, worker):
    job = service.queueJob(tell, folder)
    service.queueJob(two, folder)
    transaction.commit()
    wait_for_start(job)
    with pytest.raises(AssertionError) as raised:
        wait_for_all_jobs(0.2)
    assert "tell on /plone/work (active-status)" in str(raised.value)
    assert "two on /plone/work (pending-status)" in str(raised.value)
    sample_jobs.GATES["teller"].set()
    wait_for_all_jobs(30)


def test_P29_without_jobs_there_is_nothing_to_wait_for(service, site):
    wait_for_all_jobs(0)


def test_progress_of_a_job_is_seen_by_others(service, folder, worker):
    job = service.queueJob(tell, folder)
    transaction.commit()
    wait_for_annotation(job, "progress", 30)
    assert progress_of(job) == Progress(1, 4, "one", 0.25)
    sample_jobs.GATES["teller"].set()
    wait_for_all_jobs(30)


def test_progress_outside_a_job_does_nothing():
    assert local.getJob() is None
    assert progress(1, 2) is None
