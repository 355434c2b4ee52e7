"""Queues in a database of their own."""

from contextlib import contextmanager

import pytest
import transaction
from plone.app.testing import TEST_USER_ID
from ZODB.DB import DB
from ZODB.DemoStorage import DemoStorage
from zope.component import getGlobalSiteManager

from plone.app.async_.databases import QueuesOutOfReach
from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.job import Job
from zc.async_.interfaces import KEY


def add_document(context, name):
    context.invokeFactory("Document", name)
    return context._p_jar.db().database_name


def add_document_and_fail(context, name):
    add_document(context, name)
    raise ZeroDivisionError(name)


def title_of(context, others=()):
    return [each.Title() for each in (context, *others)]


@contextmanager
def registered(database):
    """Have the queues in that database."""
    components = getGlobalSiteManager()
    components.registerUtility(database, IAsyncDatabase)
    try:
        yield
    finally:
        components.unregisterUtility(database, IAsyncDatabase)


@pytest.fixture
def second_database(site):
    databases = site._p_jar.db().databases
    database = DB(DemoStorage(), databases=databases, database_name="async")
    yield database
    transaction.abort()
    database.close()
    del databases["async"]


@pytest.fixture
def queues_database(second_database):
    with registered(second_database):
        yield second_database


@pytest.fixture
def no_references(queues_database, monkeypatch):
    """No object of one database may refer to one of another."""
    for database in queues_database.databases.values():
        monkeypatch.setattr(database, "xrefs", False)


def test_P42_the_job_is_there_and_works_on_the_sites_database(queues_database, service, site, folder, run):
    job = service.queueJob(add_document, folder, "one")
    assert job._p_jar is site._p_jar.get_connection("async")
    assert KEY not in site._p_jar.root()
    run(job)
    assert job.result == site._p_jar.db().database_name
    assert "one" in folder


def test_P43_queues_are_made_on_demand_in_their_database(queues_database, service, site):
    queues = service.getQueues()
    assert queues._p_jar is site._p_jar.get_connection("async")
    assert list(queues) == [""]
    assert queues[""].quotas["default"].size == 1


def test_no_references_between_the_databases_are_stored(queues_database, no_references, service, folder, run):
    queue = service.getQueues()[""]
    jobs = [
        service.queueJob(title_of, folder, [folder]),
        queue.put(Job(folder.Title)),
        queue.put(Job(title_of, folder, others=[folder])),
    ]
    assert [run(job).result for job in jobs] == [["Work", "Work"], "Work", ["Work", "Work"]]


def test_K74_what_a_failed_job_did_is_undone_in_both(queues_database, service, folder, run):
    job = run(service.queueJob(add_document_and_fail, folder, "one"))
    assert job.result.check(ZeroDivisionError)
    assert "one" not in folder


def test_both_databases_tell_who_did_what(queues_database, service, folder, run):
    job = run(service.queueJob(add_document, folder, "one"))
    for obj in folder["one"], job:
        (last,) = obj._p_jar.db().history(obj._p_oid)
        assert last["description"] == f"job {job.title}"
        assert last["user_name"].endswith(TEST_USER_ID)


def test_a_database_that_is_not_configured_with_the_sites(service, site):
    elsewhere = DB(DemoStorage(), database_name="elsewhere")
    with registered(elsewhere), pytest.raises(QueuesOutOfReach, match=r"'elsewhere'.* Configure both in one zope.conf"):
        service.getQueues()
    elsewhere.close()


def test_a_process_without_a_role_does_not_queue_where_no_worker_looks(second_database, service):
    with pytest.raises(QueuesOutOfReach, match=r"multi_db_instance\.zcml"):
        service.getQueues()
