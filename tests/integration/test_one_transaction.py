"""What a job does to the site, its result and its state are one transaction of the database."""

import pytest
import transaction
from persistent import Persistent
from plone.app.testing import TEST_USER_ID
from zExceptions import BadRequest
from ZODB.DB import DB
from ZODB.DemoStorage import DemoStorage
from ZODB.FileStorage import FileStorage
from ZODB.POSException import ConflictError
from zope.component import getGlobalSiteManager
from zope.component.hooks import setSite
from zope.event import notify
from zope.lifecycleevent import ObjectModifiedEvent
from zope.lifecycleevent.interfaces import IObjectModifiedEvent
from ZPublisher.BaseRequest import RequestContainer

from plone.app.async_.interfaces import IJobSuccess
from zc.async_.claimer import UNDONE
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import PENDING
from zc.async_.testing import wait_for_result


SEEN = []


class Leaf(Persistent):
    value = 0


class Rival:
    """A request of somebody else to the same site, in a connection and a transaction of its own."""

    def __init__(self, database):
        self._manager = transaction.TransactionManager()
        self._connection = database.open(self._manager)

    def __enter__(self):
        return self._connection.root()["Application"]["plone"]

    def __exit__(self, *exception):
        if exception[0] is None:
            self._manager.commit()
        self._manager.abort()
        self._connection.close()


@pytest.fixture(autouse=True)
def nothing_seen():
    SEEN.clear()


@pytest.fixture
def subscribe():
    """Registers subscribers for the time of the test."""
    components = getGlobalSiteManager()
    registered = []

    def subscribe(handler, *required):
        components.registerHandler(handler, required)
        registered.append((handler, required))

    yield subscribe
    for handler, required in registered:
        components.unregisterHandler(handler, required)


def count_up(context):
    """Add to what is there, while in the first attempt somebody else does so, too."""
    SEEN.append("attempt")
    context.counter = getattr(context, "counter", 0) + 1
    context.invokeFactory("Document", f"made-{len(SEEN)}")
    if len(SEEN) == 1:
        with Rival(context._p_jar.db()) as site:
            site["work"].counter = getattr(site["work"], "counter", 0) + 10
    return context.counter


def notify_modified(context):
    SEEN.append("attempt")
    context.counter = len(SEEN)
    context.notifyModified()
    notify(ObjectModifiedEvent(context))


def add_and_fail(context):
    context.invokeFactory("Document", "made")
    transaction.savepoint(optimistic=True)
    raise BadRequest("too late")


def set_title(context, title):
    SEEN.append(title)
    context.title = title
    context.reindexObject()
    return title


def rename(context, title):
    """Change the content only, and not the catalog."""
    SEEN.append(title)
    context.title = title
    return title


def read_all(context, free_every):
    """How many objects the connection held at most while all leaves were read."""
    cache = context._p_jar._cache
    most = 0
    for number, leaf in enumerate(context.leaves):
        leaf.value  # noqa: B018 (loads it)
        most = max(most, cache.cache_non_ghost_count)
        if free_every and number % free_every == 0:
            context._p_jar.cacheGC()
    return most


def test_P13_K74_effects_result_and_state_are_one_transaction(service, folder, run):
    job = run(service.queueJob(set_title, folder, "Changed"))
    assert (job.status, job.result, folder.title) == (COMPLETED, "Changed", "Changed")
    assert folder._p_serial == job._p_serial


def test_P13_K74_a_failed_job_leaves_only_its_failure(service, folder, run):
    before = folder._p_serial
    job = run(service.queueJob(add_and_fail, folder))
    assert job.result.getErrorMessage() == "too late"
    folder._p_deactivate()
    assert (list(folder), folder._p_serial) == ([], before)
    assert not folder.portal_catalog(id="made")


def test_P13_K74_a_conflict_with_a_request_repeats_the_job_and_its_effects_are_there_once(service, folder, run):
    job = run(service.queueJob(count_up, folder))
    assert len(SEEN) == 2
    assert (job.result, folder.counter) == (11, 11)
    assert list(folder) == ["made-2"]
    assert [brain.id for brain in folder.portal_catalog(portal_type="Document")] == ["made-2"]


def test_P13_K74_a_conflict_in_a_subscriber_of_the_content_repeats_the_job(service, folder, run, subscribe):
    def conflict_once(obj, event):
        if len(SEEN) == 1:
            raise ConflictError()

    subscribe(conflict_once, type(folder.aq_base), IObjectModifiedEvent)
    run(service.queueJob(notify_modified, folder))
    assert (len(SEEN), folder.counter) == (2, 2)


def test_a_conflict_of_a_subscriber_to_the_outcome_repeats_the_subscriber_only(service, folder, run, subscribe):
    def react(event):
        SEEN.append("reaction")
        count_up_with_a_rival(folder_of(event), SEEN.count("reaction"))

    subscribe(react, IJobSuccess)
    run(service.queueJob(set_title, folder, "Changed"))
    assert (SEEN, folder.counter) == (["Changed", "reaction", "reaction"], 11)


def folder_of(event):
    return event.job._p_jar.root()["Application"]["plone"]["work"]


def count_up_with_a_rival(folder, attempt):
    folder.counter = getattr(folder, "counter", 0) + 1
    if attempt == 1:
        with Rival(folder._p_jar.db()) as site:
            site["work"].counter = 10


@pytest.mark.parametrize(("free_every", "most"), [(0, 20_000), (500, 2_600)])
def test_a_job_that_reads_much_does_not_keep_it(service, site, folder, worker, free_every, most):
    """The cache shrinks to its size after each transaction, and within one whenever the job asks for that."""
    folder.leaves = tuple(Leaf() for _ in range(20_000))
    for leaf in folder.leaves:
        site._p_jar.add(leaf)
    database = site._p_jar.db()
    database.setCacheSize(1_000)
    job = service.queueJob(read_all, folder, free_every)
    last = service.queueJob(set_title, folder, "Done")
    transaction.commit()
    wait_for_result(last, 60)
    assert (job.result >= most) if free_every == 0 else (job.result <= most)
    for details in database.cacheDetailSize():
        assert details["ngsize"] <= 1_100, details


@pytest.fixture
def undoable(site, service, work_on, tmp_path):
    """The site on a storage that can undo, and a worker."""
    storage = FileStorage(str(tmp_path / "Data.fs"), blob_dir=str(tmp_path / "blobs"))
    transaction.commit()
    database = DB(DemoStorage(base=site._p_jar.db().storage, changes=storage))
    connection = database.open()
    application = connection.root()["Application"].__of__(RequestContainer(REQUEST=site.REQUEST))
    setSite(application["plone"])
    # What was never changed in this storage has no former state there.
    application["plone"]._p_changed = application["plone"]["work"]._p_changed = True
    transaction.commit()
    dispatcher = work_on(database)
    yield application["plone"]
    transaction.abort()
    dispatcher.deactivate(timeout=10)
    connection.close()
    setSite(site)
    database.close()


def undo(site, text):
    """What the ZMI does: undo the last transaction whose description has that text."""
    database = site._p_jar.db()
    [entry, *_] = [entry for entry in database.undoLog(0, 20) if text in entry["description"]]
    database.undo(entry["id"], transaction.get())
    transaction.commit()
    return entry


def test_the_transaction_of_a_job_can_be_undone_and_the_job_is_not_run_again(service, undoable):
    work = undoable["work"]
    job = service.queueJob(rename, work, "Changed")
    transaction.commit()
    wait_for_result(job, 30)
    entry = undo(undoable, "rename on /plone/work")
    assert entry["description"] == f"job {__name__}.rename on /plone/work"
    assert entry["user_name"] == f"plone {TEST_USER_ID}"
    assert work.title == "Work"
    wait_for_result(job, 30)
    assert job.result.getErrorMessage() == UNDONE
    # Its place in the quota is free.
    following = service.queueJob(rename, work, "Following")
    transaction.commit()
    assert wait_for_result(following, 30) == "Following"
    assert SEEN == ["Changed", "Following"]


def test_a_job_that_is_undone_long_after_is_not_run_again(service, undoable):
    work = undoable["work"]
    jobs = [service.queueJob(rename, context, title) for context, title in ((work, "First"), (undoable, "Second"))]
    transaction.commit()
    wait_for_result(jobs[1], 30)
    undo(undoable, "rename on /plone/work")
    assert (jobs[0].status, work.title) == (PENDING, "Work")
    following = service.queueJob(rename, work, "Following")
    transaction.commit()
    assert wait_for_result(following, 30) == "Following"
    assert SEEN == ["First", "Second", "Following"]
    assert len(service.getQueues()[""]) == 0
