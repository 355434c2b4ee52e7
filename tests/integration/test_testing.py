"""What tests of add-ons can say about jobs, and how they run them."""

import threading
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from AccessControl import getSecurityManager
from plone.app.testing import TEST_USER_ID
from plone.app.testing import login
from plone.app.testing import logout
from plone.testing.zope import Browser
from Products.Five import BrowserView
from zope.component import getGlobalSiteManager
from zope.component import getUtility
from zope.component.hooks import getSite
from zope.globalrequest import getRequest
from zope.interface import Interface
from zope.publisher.interfaces.browser import IBrowserRequest

from plone.app.async_ import Job
from plone.app.async_ import testing
from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.testing import JobsFailed
from plone.app.async_.testing import JobsLeft
from plone.app.async_.testing import NotCommitted
from plone.app.async_.testing import assert_not_queued
from plone.app.async_.testing import assert_queued
from plone.app.async_.testing import drain
from plone.app.async_.testing import queued_jobs
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import PENDING
from zc.async_.workflow import parallel


def title(context, *args, **kwargs):
    return context.Title()


def other(context):
    pass


def add_document(context, name):
    context.invokeFactory("Document", name)
    return surroundings()


def fail(context):
    raise ValueError("too bad")


def hold(context):
    threading.Event().wait(1)


def surroundings():
    user = getSecurityManager().getUser().getId()
    return threading.get_ident(), user, getSite().getPhysicalPath(), id(getRequest())


def in_an_hour():
    return datetime.now(timezone.utc) + timedelta(hours=1)


# What is queued


@pytest.fixture
def content(integration, async_service):
    """A folder in a test that commits nothing."""
    return integration["test-folder"]


def test_a_queued_job_is_found_before_the_commit(async_service, content):
    job = async_service.queueJob(title, content, 1, [content], by="x")
    async_service.queueJob(other, content)
    assert assert_queued(title) is job
    assert assert_queued(title, content) is job
    assert assert_queued(title, content, args=(1, [content]), kwargs={"by": "x"}, queue="") is job
    assert queued_jobs(title) == [job]
    assert len(queued_jobs()) == 2


@pytest.mark.parametrize(
    "other",
    [{"context": "portal"}, {"args": ()}, {"args": (2,)}, {"kwargs": {"by": "x"}}, {"queue": "other"}, {"count": 2}],
    ids=str,
)
def test_what_differs_is_not_found(async_service, integration, content, other):
    async_service.queueJob(title, content, 1)
    wish = {**other, "context": integration[other.get("context", "test-folder")]}
    with pytest.raises(AssertionError, match="jobs are queued, not"):
        assert_queued(title, **wish)


def test_the_error_lists_what_is_there(async_service, content):
    async_service.queueJob(title, content, 1, by="x")
    with pytest.raises(AssertionError) as caught:
        assert_queued(other, content, args=(2,))
    assert str(caught.value).splitlines() == [
        f"0 jobs are queued, not 1, that call {__name__}.other on /plone/test-folder with args=(2,).",
        "All queued jobs:",
        f"    {__name__}.title on /plone/test-folder with args=(1,), kwargs={{'by': 'x'}}, queue=''",
    ]


def test_several_jobs(async_service, content):
    jobs = [async_service.queueJob(title, content, number) for number in (1, 2)]
    assert assert_queued(title, content, count=2) == jobs
    assert_queued(other, count=0)


def test_nothing_is_queued(async_service, content):
    assert_not_queued()
    async_service.queueJob(title, content, 1)
    assert_not_queued(other)
    assert_not_queued(title, args=(2,))
    with pytest.raises(AssertionError, match=r"(?s)no such job should be queued.*title on /plone/test-folder"):
        assert_not_queued(title)
    with pytest.raises(AssertionError):
        assert_not_queued()


def test_jobs_made_by_hand(async_service, content):
    queue = async_service.getQueues()[""]
    method = queue.put(Job(content.invokeFactory, "Document", "one"))
    function = queue.put(Job(title, content))
    assert assert_queued(content.invokeFactory, args=("Document", "one")) is method
    assert assert_queued(title, args=(content,)) is function


def test_looking_writes_nothing(integration, content):
    transaction.savepoint()
    assert_not_queued()
    assert not integration["app"]._p_jar.isReadOnly()
    assert not integration["app"]._p_jar._registered_objects


@pytest.mark.parametrize("run", [drain, lambda: testing.inline_jobs().__enter__()], ids=["drain", "inline"])
def test_where_nothing_is_committed_nothing_can_run(async_service, content, run):
    job = async_service.queueJob(title, content)
    with pytest.raises(NotCommitted, match="PLONE_APP_ASYNC_FUNCTIONAL_TESTING"):
        run()
    assert assert_queued(title) is job


# Inline


def test_inline_jobs_run_at_the_commit_as_in_a_worker(inline_jobs, site, folder, async_service):
    here = surroundings()
    job = async_service.queueJob(add_document, folder, "one")
    assert "one" not in folder
    transaction.commit()
    thread, user, path, request = job.result
    assert (thread, user, path) == here[:3]
    assert request != here[3]
    assert folder["one"].Creator() == TEST_USER_ID
    assert surroundings() == here
    assert [each.title for each in inline_jobs.jobs] == [f"{__name__}.add_document on /plone/work"]


def test_inline_jobs_are_run_as_those_who_queued_them(inline_jobs, site, folder, async_service):
    login(site, "jane")
    job = async_service.queueJob(add_document, site, "one")
    logout()
    with pytest.raises(JobsFailed, match="Unauthorized"):
        drain()
    assert job.result.value.__class__.__name__ == "Unauthorized"
    assert getSecurityManager().getUser().getId() is None


def test_inline_batches_complete(inline_jobs, folder, async_service):
    batch = parallel(Job(folder.invokeFactory, "Document", "one"), Job(folder.invokeFactory, "Document", "two"))
    async_service.getQueues()[""].put(batch)
    transaction.commit()
    assert [job.result for job in batch.result] == ["one", "two"]


def test_inline_failures_are_raised_at_the_end(folder, async_service):
    with pytest.raises(JobsFailed, match=r"(?s)1 jobs failed:.*\.fail on /plone/work.*too bad") as caught:  # noqa: SIM117
        with testing.inline_jobs():
            job = async_service.queueJob(fail, folder)
            transaction.commit()
            assert job.status == COMPLETED
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("by", ["option", "drain"])
def test_inline_failures_can_be_kept(folder, async_service, by):
    with testing.inline_jobs(raise_failures=by != "option"):
        job = async_service.queueJob(fail, folder)
        transaction.commit()
        if by == "drain":
            assert drain(raise_failures=False) == [job]
    assert job.result.getErrorMessage() == "too bad"


def test_inline_a_forgotten_commit_is_told(folder, async_service):
    with pytest.raises(NotCommitted, match="1 jobs were queued, but not committed"), testing.inline_jobs():
        async_service.queueJob(title, folder)


class QueueTitle(BrowserView):
    __roles__ = None

    def __call__(self):
        getUtility(IAsyncService).queueJob(title, self.context)
        return "queued"


@pytest.fixture
def view(functional):
    registration = QueueTitle, (Interface, IBrowserRequest), Interface, "queue-title"
    getGlobalSiteManager().registerAdapter(*registration)
    yield
    getGlobalSiteManager().unregisterAdapter(*registration)


def test_inline_jobs_in_a_database_of_their_own(functional, site, folder, async_service):
    with testing.live_worker(functional["zodbDB"], separate_database=True), testing.inline_jobs():
        job = async_service.queueJob(add_document, folder, "one")
        transaction.commit()
        assert job.result[0] == threading.get_ident()
        assert "one" in folder
        transaction.abort()


def test_inline_jobs_queued_by_a_browser(inline_jobs, functional, site, view):
    browser = Browser(functional["app"])
    browser.handleErrors = False
    browser.open(f"{site.absolute_url()}/@@queue-title")
    assert [job.result for job in inline_jobs.jobs] == [site.Title()]


# Draining


def test_drain_runs_all_that_is_due(folder, async_service):
    one = async_service.queueJob(add_document, folder, "one")
    two = async_service.queueJob(title, folder)
    later = async_service.queueJobWithDelay(None, in_an_hour(), title, folder)
    assert drain() == [one, two]
    assert later.status == PENDING
    assert drain() == []
    assert drain(ahead=timedelta(hours=2)) == [later]
    assert "one" in folder


def test_drain_waits_for_a_worker(folder, async_worker, async_service):
    jobs = [async_service.queueJob(add_document, folder, name) for name in ("one", "two", "three")]
    assert drain(30) == jobs
    assert threading.get_ident() not in {job.result[0] for job in jobs}
    assert set(folder.objectIds()) == {"one", "two", "three"}


def test_drain_raises_failures_once(folder, async_worker, async_service):
    job = async_service.queueJob(fail, folder)
    with pytest.raises(JobsFailed, match=r"(?s)fail on /plone/work.*too bad"):
        drain(30)
    assert drain() == []
    assert job.status == COMPLETED


def test_drain_raises_failures_of_jobs_that_were_done_before(folder, async_worker, async_service):
    job = async_service.queueJob(fail, folder)
    transaction.commit()
    testing.wait_for_result(job, 30)
    with pytest.raises(JobsFailed):
        drain()


def test_drain_names_what_is_not_done_in_time(folder, async_worker, async_service):
    async_service.queueJob(hold, folder)
    with pytest.raises(JobsLeft, match=r"(?s)1 jobs .*hold on /plone/work"):
        drain(0.05)
    drain(30)
