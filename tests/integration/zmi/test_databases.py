"""Which databases there are, and which of them holds the queues."""

import pytest
import transaction
from ZODB.DB import DB
from ZODB.MappingStorage import MappingStorage
from zope.component import getGlobalSiteManager

from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.overview.databases import DatabaseSummary
from plone.app.async_.overview.databases import summarize_databases
from plone.app.async_.overview.ids import id_of


PANEL = "http://nohost/Control_Panel"

NOT_LOCATED = "This process has loaded no role file"


def add(context, *numbers):
    return sum(numbers)


@pytest.fixture
def second(site):
    """Another database of the process; it ends with the first one, which the layer makes for each test."""
    return DB(MappingStorage(), databases=site._p_jar.db().databases, database_name="second")


@pytest.fixture
def locate():
    """Says, as a role file does, which database has the queues."""
    components = getGlobalSiteManager()
    yield lambda database: components.registerUtility(database, IAsyncDatabase)
    components.unregisterUtility(provided=IAsyncDatabase)


def test_P40_without_a_role_file_the_queues_are_with_the_root_and_the_page_says_so(service, folder, site, panel):
    root = site._p_jar.db().database_name

    (summary,) = (each for each in summarize_databases(site._p_jar) if each.name == root)

    assert summary == DatabaseSummary(root, is_root=True, has_queues=True, left_behind=0)
    assert NOT_LOCATED in panel.contents


def test_P40_queues_elsewhere_are_shown_and_those_left_behind(service, folder, site, second, locate, browse):
    service.queueJob(add, folder, 1)
    locate(second)
    job = service.queueJob(add, folder, 2)
    transaction.commit()

    found = {each.name: each for each in summarize_databases(site._p_jar)}
    browser = browse()
    browser.open(f"{PANEL}/@@manage-jobs")

    assert found["second"] == DatabaseSummary("second", is_root=False, has_queues=True, left_behind=0)
    assert found[site._p_jar.db().database_name].left_behind == 1
    assert [box.optionValue for box in browser.getControl(name="ids").controls] == [id_of(job)]
    assert "in queues that this process does not look at" in browser.contents
    assert NOT_LOCATED not in browser.contents
