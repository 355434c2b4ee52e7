"""Queues in a database of their own."""

import pytest
import transaction
from ZODB.DB import DB
from ZODB.DemoStorage import DemoStorage
from zope.component import getGlobalSiteManager

from plone.app.async_.interfaces import IAsyncDatabase
from zc.async_.interfaces import KEY


def add_document(context, name):
    context.invokeFactory("Document", name)
    return context._p_jar.db().database_name


@pytest.fixture
def queues_database(site):
    databases = site._p_jar.db().databases
    database = DB(DemoStorage(), databases=databases, database_name="async")
    components = getGlobalSiteManager()
    components.registerUtility(database, IAsyncDatabase)
    yield database
    components.unregisterUtility(database, IAsyncDatabase)
    transaction.abort()
    database.close()
    del databases["async"]


def test_the_job_is_there_and_works_on_the_sites_database(queues_database, service, site, folder, run):
    job = service.queueJob(add_document, folder, "one")
    assert job._p_jar is site._p_jar.get_connection("async")
    assert KEY not in site._p_jar.root()
    run(job)
    assert job.result == site._p_jar.db().database_name
    assert "one" in folder
