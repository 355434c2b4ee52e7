"""``Job`` with methods of content and content among the arguments."""

from datetime import datetime

import pytest
import transaction
from plone import api
from plone.app.testing import TEST_USER_ID
from plone.app.testing import setRoles
from transaction.interfaces import DoomedTransaction
from zope.component import getUtility

from plone.app.async_ import Job
from plone.app.async_.interfaces import ContextWithoutPath
from plone.app.async_.interfaces import IAsyncService
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import JobNotPicklable
from zc.async_.testing import wait_for_result


ATTEMPTS = []


def passing(self):
    return "called"


def doom(times):
    """Doom the transaction in the first so many attempts."""
    ATTEMPTS.append(datetime.now())
    if len(ATTEMPTS) <= times:
        transaction.doom()
    return len(ATTEMPTS)


def doom_after(times, result):
    return doom(times)


def queue_another(folder):
    queue = getUtility(IAsyncService).getQueues()[""]
    return queue.put(Job(folder.invokeFactory, "Document", "inner")).title


def title_of(item):
    return item.Title()


@pytest.fixture
def put(service):
    return service.getQueues()[""].put


@pytest.fixture(autouse=True)
def no_attempts():
    ATTEMPTS.clear()


def test_P23_a_function_of_the_class_reindexes_its_object(service, folder, run):
    folder.invokeFactory("Document", "one", title="Old")
    transaction.commit()
    folder["one"].title = "New"
    run(service.queueJob(folder["one"].__class__.reindexObject, folder["one"]))
    assert [brain.Title for brain in folder.portal_catalog(id="one")] == ["New"]


def test_P24_a_method_of_content_makes_content_as_the_user(put, folder, run):
    job = run(put(Job(folder.invokeFactory, "Document", "one", title="One")))
    assert job.result == "one"
    assert (folder["one"].Title(), folder["one"].Creator()) == ("One", TEST_USER_ID)


def test_P24_P25_K83_a_job_can_be_read_in_any_connection(put, folder):
    """As another process reads it: without site, user and request, and without loading the content."""
    job = put(Job(folder.invokeFactory, "Document", "one"))
    transaction.commit()
    connection = job._p_jar.db().open(transaction.TransactionManager())
    try:
        mine = connection.get(job._p_oid)
        assert mine.title == "/plone/work :invokeFactory"
        assert "/plone/work :invokeFactory('Document', 'one')" in repr(mine)
        assert (repr(mine.callable), mine.callable.method) == ("/plone/work :invokeFactory", "invokeFactory")
        assert mine.callable.target.path == ("", "plone", "work")
        assert mine.environment.portal_path == ("", "plone")
        assert mine.status == PENDING
    finally:
        connection.close()


def test_P24_a_worker_started_later_runs_it(put, folder, request):
    job = put(Job(folder.invokeFactory, "Document", "one"))
    transaction.commit()
    request.getfixturevalue("worker")
    assert wait_for_result(job, 30) == "one"
    assert folder["one"].Creator() == TEST_USER_ID


def test_methods_of_the_site_and_of_the_application(put, site, folder, run):
    setRoles(site, TEST_USER_ID, ["Manager"])
    assert run(put(Job(site.invokeFactory, "Document", "one"))).result == "one"
    assert run(put(Job(site.aq_parent.objectIds, "Plone Site"))).result == ["plone"]
    bare = site._p_jar.root()["Application"]
    job = put(Job(bare.objectIds, "Plone Site"))
    assert repr(job.callable) == "/ :objectIds"
    assert run(job).result == ["plone"]


def test_the_owner_of_the_method_was_moved(put, folder, run):
    folder.invokeFactory("Folder", "target")
    folder.invokeFactory("Document", "one", title="One")
    job = put(Job(folder["one"].Title))
    transaction.commit()
    folder["target"].manage_pasteObjects(folder.manage_cutObjects(["one"]))
    assert run(job).result == "One"


def test_the_method_is_gone(put, folder, run, monkeypatch):
    monkeypatch.setattr(type(folder.aq_base), "passing", passing, raising=False)
    job = put(Job(folder.passing))
    transaction.commit()
    monkeypatch.undo()
    monkeypatch.setattr(type(folder.aq_parent.aq_base), "passing", passing, raising=False)
    assert folder.passing() == "called", "by acquisition"
    assert run(job).result.getErrorMessage() == "/plone/work has no method passing any more"


def test_a_method_that_goes_by_another_name(folder, monkeypatch):
    monkeypatch.setattr(type(folder.aq_base), "other", passing, raising=False)
    with pytest.raises(JobNotPicklable, match=r"^callable: .* has no method of the name passing"):
        Job(folder.other)


def test_owners_that_no_worker_finds(folder):
    [brain] = folder.portal_catalog(id="work")
    with pytest.raises(ContextWithoutPath, match=r"^callable: .*Folder .* has no path"):
        Job(folder.aq_base.Title)
    with pytest.raises(JobNotPicklable, match=r"^callable is a method of the content object"):
        Job(brain.getObject)
    with pytest.raises(JobNotPicklable, match=r"^args\[0\]\['x'\] cannot be stored .*a catalog brain"):
        Job(title_of, {"x": brain})


def test_a_user_among_the_arguments(put, run):
    assert run(put(Job(name_of, api.user.get_current()))).result == TEST_USER_ID


def name_of(user):
    return user.getId()


def test_P26_a_job_that_dooms_its_transaction_is_tried_five_times(put, run):
    job = run(put(Job(doom, 99)))
    assert (job.status, job.result.type) == (COMPLETED, DoomedTransaction)
    assert len(ATTEMPTS) == 5


def test_P26_a_job_that_dooms_once_gets_through(put, run):
    assert run(put(Job(doom, 1))).result == 2


def test_P26_a_callback_that_dooms_once_is_tried_again(put, folder, run):
    job = put(Job(folder.Title))
    callback = job.addCallback(Job(doom_after, 1))
    run(job)
    assert (callback.result, len(ATTEMPTS)) == (2, 2)


def test_P28_a_job_queues_another_job(put, service, folder, run):
    assert run(put(Job(queue_another, folder))).result == "/plone/work :invokeFactory"
    [inner] = service.getQueues()[""]
    assert run(inner).result == "inner"
    assert folder["inner"].Creator() == TEST_USER_ID
