"""What add-ons hear about jobs."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from plone.app.testing import login
from zope.component import getGlobalSiteManager
from zope.component.hooks import getSite
from zope.globalrequest import getRequest

from plone.app.async_ import Job
from plone.app.async_.interfaces import IJobFailure
from plone.app.async_.interfaces import IJobOutcome
from plone.app.async_.interfaces import IJobSuccess
from plone.app.async_.service import job_failure_callback
from plone.app.async_.service import job_success_callback
from plone.app.async_.utils import wait_for_all_jobs
from zc.async_.interfaces import TimeoutError
from zc.async_.job import Job as EngineJob
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


def title(context):
    return context.Title()


def fail(context):
    raise ValueError("too bad")


def plain():
    return 1


@pytest.fixture
def heard(functional):
    events = []

    def hear(event):
        job = event.job
        events.append((event, event.object, job._p_oid, getSite() and getSite().getId(), getRequest() is not None))

    components = getGlobalSiteManager()
    components.registerHandler(hear, [IJobOutcome])
    yield events
    components.unregisterHandler(hear, [IJobOutcome])


def test_success_is_told_once_with_result_and_job(service, folder, run, heard):
    job = run(service.queueJob(title, folder))
    [(event, result, oid, site, has_request)] = heard
    assert IJobSuccess.providedBy(event)
    assert (result, oid, site, has_request) == ("Work", job._p_oid, "plone", True)


def test_failure_is_told_once_with_failure_and_job(service, folder, run, heard):
    job = run(service.queueJob(fail, folder))
    [(event, failure, oid, site, has_request)] = heard
    assert IJobFailure.providedBy(event)
    assert failure.getErrorMessage() == "too bad"
    assert (oid, site, has_request) == (job._p_oid, "plone", True)


def test_failure_is_told_when_the_user_is_gone(service, site, folder, run, heard):
    login(site, "jane")
    job = service.queueJob(title, folder)
    site.acl_users.userFolderDelUsers(["jane"])
    run(job)
    [(event, failure, oid, _, _)] = heard
    assert IJobFailure.providedBy(event)
    assert (failure.getErrorMessage(), oid) == ("User jane not found", job._p_oid)


def test_P22_callbacks_of_ones_own_run_beside_the_events(service, folder, heard, worker):
    good, bad = service.queueJob(title, folder), service.queueJob(fail, folder)
    on_result = good.addCallback(shout)
    on_success, on_failure = good.addCallbacks(success=shout), bad.addCallbacks(failure=message_of)
    transaction.commit()
    wait_for_all_jobs(30, assert_successful=False)
    assert (on_result.result, on_success.job.result, on_failure.job.result) == ("WORK", "WORK", "too bad")
    wait_until(lambda: len(heard) > 1, 10, lambda: f"only {heard}")
    assert sorted((oid, IJobSuccess.providedBy(event)) for event, _, oid, _, _ in heard) == [
        (good._p_oid, True),
        (bad._p_oid, False),
    ]


def shout(text):
    return text.upper()


def message_of(failure):
    return failure.getErrorMessage()


def test_P20_a_job_that_could_not_start_in_time_fails(service, folder, heard, worker):
    an_hour_ago = datetime.now(timezone.utc) - timedelta(hours=1)
    job = service.queueJobWithDelay(timedelta(minutes=1), an_hour_ago, title, folder)
    transaction.commit()
    assert wait_for_result(job, 30).check(TimeoutError)
    wait_until(lambda: heard, 10, lambda: "nothing heard")
    [(event, failure, oid, site, _)] = heard
    assert IJobFailure.providedBy(event)
    assert (failure.check(TimeoutError), oid, site) == (TimeoutError, job._p_oid, "plone")


def test_a_waiting_job_that_is_cancelled_is_told_to_whoever_cancels(service, folder, heard):
    job = service.queueJob(title, folder)
    job.cancel("not needed")
    [(event, failure, oid, _, _)] = heard
    assert IJobFailure.providedBy(event)
    assert (failure.getErrorMessage(), oid) == ("not needed", job._p_oid)


def test_K79_subscribers_may_read_the_queue_and_change_content(service, folder, worker):
    def record(event):
        getSite()["work"].title = f"done by {event.job.queue.name!r}"

    components = getGlobalSiteManager()
    components.registerHandler(record, [IJobSuccess])
    try:
        service.queueJob(title, folder)
        transaction.commit()
        expected = "done by ''"
        wait_until(lambda: transaction.begin() and folder.title == expected, 30, lambda: folder.title)
    finally:
        components.unregisterHandler(record, [IJobSuccess])


def test_the_callbacks_of_version_1_tell_of_jobs_of_others_only(service, folder, heard, worker):
    queue = service.getQueues()[""]
    jobs = [queue.put(EngineJob(plain)), queue.put(Job(plain))]
    for job in jobs:
        job.addCallbacks(success=job_success_callback, failure=job_failure_callback)
    transaction.commit()
    wait_for_all_jobs(30)
    wait_until(lambda: len(heard) > 1, 10, lambda: f"only {heard}")
    assert sorted((oid, result) for _, result, oid, _, _ in heard) == [(job._p_oid, 1) for job in jobs]


def test_jobs_made_by_hand_are_told_but_not_those_of_others(service, folder, run, heard):
    queue = service.getQueues()[""]
    run(queue.put(Job(plain)))
    assert len(heard) == 1
    run(queue.put(EngineJob(plain)))
    assert len(heard) == 1
