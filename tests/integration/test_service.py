"""Queueing jobs through the service, and what callers get told at the call."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from AccessControl import getSecurityManager
from plone.app.testing import TEST_USER_ID
from ZODB.serialize import ObjectWriter
from zope.component import getUtility
from zope.component.hooks import setSite
from zope.globalrequest import getRequest
from zope.interface.verify import verifyObject

from plone.app.async_.interfaces import ContextWithoutPath
from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.interfaces import NoSite
from plone.app.async_.interfaces import UnknownQueue
from plone.app.async_.service import _executeAsUser
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import KEY
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import JobNotPicklable
from zc.async_.queue import Queue


def add_numbers(context, a, b=2):
    return a + b


def add_document(context, name, title=""):
    context.invokeFactory("Document", name, title=title)
    return context[name].getPhysicalPath()


def paths_of(context, one, many, by_name=None):
    return [
        one.absolute_url_path(),
        [item.absolute_url_path() for item in many[0]],
        {name: item.absolute_url_path() for name, item in by_name.items()},
    ]


def change_and_fail(context, seen):
    seen.append(1)
    context.setTitle("Changed")
    raise ValueError("too bad", len(seen))


def queue_another(context):
    getUtility(IAsyncService).queueJob(user_and_url, context)


def user_and_url(context):
    return getSecurityManager().getUser().getId(), context.absolute_url()


def test_the_utility_keeps_the_interface(service):
    assert verifyObject(IAsyncService, service)


def test_P5_a_job_runs_and_gives_its_result(service, folder, run):
    job = service.queueJob(add_numbers, folder, 40, b=2)
    transaction.commit()
    assert job.status == PENDING
    run(job)
    assert (job.status, job.result) == (COMPLETED, 42)


def test_without_commit_there_is_no_job(service, folder):
    service.queueJob(add_numbers, folder, 1)
    transaction.abort()
    assert folder._p_jar.root().get(KEY) is None


def test_the_arguments_of_the_job_tell_where_and_who(service, folder):
    job = service.queueJob(add_numbers, folder, 40, b=2)
    assert job.callable is _executeAsUser
    assert list(job.args) == [
        ("", "plone", "work"),
        ("", "plone"),
        ("", "plone", "acl_users"),
        TEST_USER_ID,
        add_numbers,
        40,
    ]
    assert dict(job.kwargs) == {"b": 2}


def test_a_job_is_one_small_record(service, folder):
    service.queueJob(add_numbers, folder, 1)
    transaction.commit()
    job = service.queueJob(add_numbers, folder, 1)
    writer = ObjectWriter(job)
    assert list(writer) == [job]
    assert len(writer.serialize(job)) <= 450


def test_result_and_effects_are_one_transaction(service, folder, run):
    job = run(service.queueJob(add_document, folder, "report", title="Report"))
    assert job.result == ("", "plone", "work", "report")
    document = folder["report"]
    assert document.Creator() == TEST_USER_ID
    assert document._p_serial == job._p_serial


def test_the_undo_log_names_job_and_user(service, folder, run):
    job = run(service.queueJob(add_numbers, folder, 1))
    [entry] = job._p_jar.db().storage.changes.history(job._p_oid)
    assert entry["description"] == f"job {__name__}.add_numbers on /plone/work".encode()
    assert entry["user_name"] == f"plone {TEST_USER_ID}".encode()


def test_a_failing_job_leaves_no_trace_and_gets_its_arguments_anew(service, folder, run):
    job = run(service.queueJob(change_and_fail, folder, []))
    assert job.result.value.args == ("too bad", 1)
    assert folder.Title() == "Work"
    assert job.args[5] == []


def test_a_job_queues_another_for_the_same_user_and_address(service, folder, run):
    getRequest().setServerURL("https", "www.example.com")
    run(service.queueJob(queue_another, folder))
    [job] = service.getQueues()[""]
    assert run(job).result == (TEST_USER_ID, "https://www.example.com/plone/work")


def test_a_function_of_a_class_is_called_on_the_context(service, folder, run):
    folder.title = "Found"
    job = run(service.queueJob(folder.__class__.reindexObject, folder, idxs=["Title", "sortable_title"]))
    assert job.result is None
    assert [brain.getPath() for brain in folder.portal_catalog(Title="Found")] == ["/plone/work"]


def test_content_among_the_arguments_travels_as_a_reference(service, site, folder, run):
    folder.invokeFactory("Document", "one")
    folder.invokeFactory("Document", "two")
    one, two = folder["one"], folder["two"]
    job = service.queueJob(paths_of, site, one, ([one, two],), by_name={"site": site})
    assert job.args[5].uid == one.UID()
    transaction.commit()
    folder.manage_renameObject("two", "renamed")
    run(job)
    work = "/plone/work"
    assert job.result == [f"{work}/one", [f"{work}/one", f"{work}/renamed"], {"site": "/plone"}]


def test_content_among_the_arguments_that_is_gone(service, folder, failure_of):
    folder.invokeFactory("Document", "one")
    job = service.queueJob(add_numbers, folder, folder["one"])
    transaction.commit()
    folder.manage_delObjects(["one"])
    assert str(failure_of(job)) == "Argument path /plone/work/one not found"


def test_the_queues_are_made_in_the_callers_transaction(service, site):
    root = site._p_jar.root()
    assert KEY not in root
    queues = service.getQueues()
    assert queues is root[KEY]
    assert queues[""].quotas["default"].size == 1
    transaction.abort()
    assert KEY not in root


def test_the_queues_belong_to_the_sites_connection(service, site):
    queues = service.getQueues()
    transaction.commit()
    other = site._p_jar.db().open()
    setSite(other.root()["Application"]["plone"])
    assert service.getQueues()._p_jar is other
    setSite(site)
    assert service.getQueues() is queues
    other.close()


def test_P15_quotas(service, folder):
    queue = service.getQueues()[""]
    queue.quotas.create("mail", 2)
    in_queue = service.queueJobInQueue
    assert service.queueJob(add_numbers, folder, 1).quota_names == ("default",)
    assert in_queue(queue, None, add_numbers, folder, 1).quota_names == ("default",)
    assert in_queue("", (), add_numbers, folder, 1).quota_names == ()
    assert in_queue("", ["mail"], add_numbers, folder, 1).quota_names == ("mail",)
    with pytest.raises(ValueError) as raised:
        in_queue("", ("male",), add_numbers, folder, 1)
    assert raised.value.args == ("unknown quota name", "male")
    with pytest.raises(TypeError, match="quota_names must be an iterable of names, not the text 'mail'"):
        in_queue("", "mail", add_numbers, folder, 1)


def test_a_queue_by_name_or_object(service, folder):
    queues = service.getQueues()
    queues["slow"] = Queue()
    queues["slow"].quotas.create("default", 5)
    transaction.commit()
    assert service.queueJobInQueue("slow", None, add_numbers, folder, 1).queue is queues["slow"]
    assert service.queueJobInQueue(queues["slow"], (), add_numbers, folder, 1).queue is queues["slow"]
    assert queues["slow"].quotas["default"].size == 5
    with pytest.raises(KeyError) as raised:
        service.queueJobInQueue("fast", None, add_numbers, folder, 1)
    assert isinstance(raised.value, UnknownQueue)
    assert str(raised.value).startswith("no queue 'fast'; the queues are '', 'slow'.")


def test_delays(service, folder):
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    hour = timedelta(hours=1)
    job = service.queueJobWithDelay(hour, tomorrow, add_numbers, folder, 1)
    assert (job.begin_by, job.begin_after, job.quota_names) == (hour, tomorrow, ("default",))
    job = service.queueJobInQueueWithDelay(None, tomorrow, "", (), add_numbers, folder, 1)
    assert (job.begin_by, job.begin_after, job.quota_names) == (None, tomorrow, ())
    with pytest.raises(TypeError, match="begin_by must be a timedelta"):
        service.queueJobWithDelay(tomorrow, hour, add_numbers, folder, 1)
    with pytest.raises(ValueError, match="naive"):
        service.queueJobWithDelay(None, datetime(2030, 1, 1), add_numbers, folder, 1)


def test_without_a_site(service, folder):
    setSite(None)
    with pytest.raises(NoSite, match="call setSite"):
        service.queueJob(add_numbers, folder, 1)


@pytest.mark.parametrize("context", [None, "/plone/work", object()])
def test_a_context_without_a_path(service, context):
    with pytest.raises(ContextWithoutPath, match=r"^context: .* has no path"):
        service.queueJob(add_numbers, context, 1)


def test_a_context_outside_its_tree(service, folder):
    with pytest.raises(ContextWithoutPath, match=r"^context: .*Folder .* has no path"):
        service.queueJob(add_numbers, folder.aq_base, 1)


def test_K92_functions_that_a_worker_cannot_find(service, folder):
    def local(context):
        pass

    main = type("Main", (), {"__module__": "__main__"})
    for func, text in (
        (lambda context: 1, r"^func .*<lambda>.*top level"),
        (local, r"^func .*<locals>.local.*top level"),
        (main, r"^func cannot be found by its name: .*another __main__"),
        (folder.reindexObject, r"^func is a method of .*Folder.reindexObject, and the object as the context"),
    ):
        with pytest.raises(JobNotPicklable, match=text):
            service.queueJob(func, folder)


def test_arguments_that_cannot_be_stored_are_counted_as_the_caller_does(service, site, folder):
    stream = open(__file__)  # noqa: SIM115
    with stream:
        with pytest.raises(JobNotPicklable, match=r"^args\[1\] cannot be stored"):
            service.queueJob(add_numbers, folder, 1, stream)
        with pytest.raises(JobNotPicklable, match=r"^kwargs\['b'\] cannot be stored"):
            service.queueJob(add_numbers, folder, 1, b=stream)
    with pytest.raises(ContextWithoutPath, match=r"^args\[1\]\[0\]: .*Folder .* has no path"):
        service.queueJob(add_numbers, folder, 1, [folder.aq_base.__of__(folder.aq_base)])
    assert len(service.getQueues()[""]) == 0


def test_a_brain_is_no_argument(service, site, folder):
    [brain] = site.portal_catalog(id="work")
    with pytest.raises(JobNotPicklable, match=r"^args\[0\] cannot be stored"):
        service.queueJob(add_numbers, folder, brain)
