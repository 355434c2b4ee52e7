"""The public Job: queued with ``queue.put``."""

import pytest
import transaction
from plone.app.testing import TEST_USER_ID
from zope.component.hooks import setSite

from plone.app.async_ import Job
from plone.app.async_.interfaces import NoSite
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import JobNotPicklable


def titles(*items, **named):
    return [item.Title() for item in items] + [item.Title() for item in named.values()]


@pytest.fixture
def queue(service):
    queue = service.getQueues()[""]
    transaction.commit()
    return queue


def test_a_method_of_content_runs_as_the_user(queue, folder, run):
    job = queue.put(Job(folder.invokeFactory, "Document", "one", title="One"))
    run(job)
    assert job.status == COMPLETED
    assert folder["one"].Title() == "One"
    assert folder["one"].Creator() == TEST_USER_ID
    assert folder["one"]._p_serial == job._p_serial


def test_a_job_can_be_described_anywhere(queue, folder):
    job = queue.put(Job(folder.invokeFactory, "Document", "one"))
    assert repr(job.callable) == "/plone/work :invokeFactory"
    assert "/plone/work :invokeFactory('Document', 'one')" in repr(job)
    assert job.title == "/plone/work :invokeFactory"


def test_content_among_the_arguments(queue, site, folder, run):
    job = queue.put(Job(titles, folder, by_name=folder))
    assert run(job).result == ["Work", "Work"]


def test_a_plain_function_stays_what_it_is(queue, folder):
    assert Job(titles).callable is titles
    assert Job(titles).quota_names == ()


def test_the_object_of_the_method_was_deleted(queue, folder, failure_of):
    folder.invokeFactory("Document", "one")
    job = queue.put(Job(folder["one"].setTitle, "Two"))
    transaction.commit()
    folder.manage_delObjects(["one"])
    assert str(failure_of(job)) == "Context path /plone/work/one not found"


def test_errors_when_it_is_made(folder):
    with pytest.raises(JobNotPicklable, match=r"^callable .*<lambda>"):
        Job(lambda: 1)
    setSite(None)
    with pytest.raises(NoSite):
        Job(titles)


def test_a_job_and_its_callbacks_tell_whose_they_are(queue, folder):
    job = queue.put(Job(folder.invokeFactory, "Document", "one"))
    assert job.surroundings == {"site": "/plone", "user": TEST_USER_ID}
    assert job.addCallback(titles).surroundings == job.surroundings
