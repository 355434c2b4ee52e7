"""What add-ons hear about jobs."""

import pytest
from plone.app.testing import login
from zope.component import getGlobalSiteManager
from zope.component.hooks import getSite
from zope.globalrequest import getRequest

from plone.app.async_ import Job
from plone.app.async_.interfaces import IJobFailure
from plone.app.async_.interfaces import IJobOutcome
from plone.app.async_.interfaces import IJobSuccess
from zc.async_.job import Job as EngineJob


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


def test_jobs_made_by_hand_are_told_but_not_those_of_others(service, folder, run, heard):
    queue = service.getQueues()[""]
    run(queue.put(Job(plain)))
    assert len(heard) == 1
    run(queue.put(EngineJob(plain)))
    assert len(heard) == 1
