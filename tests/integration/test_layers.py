"""The layers that are shipped: what they offer, and that nothing of a test is left for the next."""

import threading

import pytest
import sample_jobs
import transaction
from AccessControl import getSecurityManager
from plone.app.testing import TEST_USER_ID
from plone.testing import zodb
from zope.component import getGlobalSiteManager
from zope.component import getUtility
from zope.component import queryUtility

from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.testing import PLONE_APP_ASYNC_FIXTURE
from plone.app.async_.testing import PLONE_MANAGER_ID
from plone.app.async_.testing import AsyncFunctionalTesting
from plone.app.async_.testing import AsyncIntegrationTesting
from plone.app.async_.testing import wait_for_result
from zc.async_ import dispatcher as dispatchers
from zc.async_.interfaces import KEY
from zc.async_.testing import TearDownDispatcherError
from zc.async_.testing import wait_until


class SeparateDatabase(AsyncFunctionalTesting):
    separate_database = True


BASES = (PLONE_APP_ASYNC_FIXTURE,)
INTEGRATION = AsyncIntegrationTesting(bases=BASES, name="Integration")
FUNCTIONAL = AsyncFunctionalTesting(bases=BASES, name="Functional")
SEPARATE = SeparateDatabase(bases=BASES, name="Separate")


def add_document(context, name):
    context.invokeFactory("Document", name)
    return threading.get_ident()


def hold(context):
    sample_jobs.hold("here")


@pytest.fixture
def layer(request, functional_session):
    """One of the layers during a test; its bases are set up already."""
    layer = request.param
    layer.testSetUp()
    yield layer
    layer.testTearDown()


@pytest.fixture
def others(functional_session):
    """The dispatchers of other tests; to be asked for before the layer."""
    return dispatchers.registered()


with_each_layer = pytest.mark.parametrize("layer", [INTEGRATION, FUNCTIONAL, SEPARATE], indirect=True, ids=str)
with_functional_layers = pytest.mark.parametrize("layer", [FUNCTIONAL, SEPARATE], indirect=True, ids=str)


def surroundings():
    """All that a test could leave behind."""
    components = getGlobalSiteManager()
    return (
        {thread.name for thread in threading.enumerate()},
        dispatchers.registered(),
        set(PLONE_APP_ASYNC_FIXTURE["zodbDB"].databases),
        len(list(components.registeredUtilities())),
        len(list(components.registeredHandlers())),
        len(list(components.registeredAdapters())),
    )


def queue_one(layer):
    job = getUtility(IAsyncService).queueJob(add_document, layer["test-folder"], "one")
    if layer is not INTEGRATION:
        transaction.commit()
        wait_for_result(job)
    return job


@pytest.mark.parametrize("layer", [INTEGRATION, FUNCTIONAL, SEPARATE], ids=str)
def test_P41_two_tests_in_sequence_leave_nothing(functional_session, layer):
    before = surroundings()
    for _ in range(2):
        layer.testSetUp()
        try:
            queues = getUtility(IAsyncService).getQueues()
            assert sum(map(len, queues.values())) == 0
            assert "one" not in layer["test-folder"]
            queue_one(layer)
        finally:
            layer.testTearDown()
        assert surroundings() == before


def test_K90_plone_testing_is_as_it_was():
    assert zodb.stackDemoStorage.__module__ == "plone.testing.zodb"
    database = zodb.stackDemoStorage()
    assert set(database.databases) == {"unnamed"}
    database.close()


@with_functional_layers
def test_jobs_run_in_other_threads(layer):
    job = queue_one(layer)
    assert job.result != threading.get_ident()
    assert layer["test-folder"]["one"].Creator() == TEST_USER_ID


@with_functional_layers
def test_the_database_of_the_queues_is_registered(layer):
    database = getUtility(IAsyncDatabase)
    assert (database is layer["zodbDB"]) == (layer is FUNCTIONAL)
    assert layer["async-dispatcher"].db is database
    queue_one(layer)
    assert (KEY in layer["app"]._p_jar.root()) == (layer is FUNCTIONAL)


@pytest.mark.parametrize("layer", [INTEGRATION], indirect=True, ids=str)
def test_no_worker_runs_where_nothing_is_committed(others, layer):
    assert dispatchers.registered() == others
    assert queryUtility(IAsyncDatabase) is None


@with_each_layer
def test_the_resources(layer):
    assert layer["portal"] is not None
    assert layer["app"].REQUEST is layer["request"]
    assert layer["test-folder"].getPhysicalPath() == ("", "plone", "test-folder")
    assert layer["test-folder"].Creator() == PLONE_MANAGER_ID


@with_each_layer
def test_logging_in_and_out(layer):
    def who():
        return getSecurityManager().getUser().getId()

    assert who() == TEST_USER_ID
    layer.login_as_manager()
    assert who() == PLONE_MANAGER_ID
    assert getSecurityManager().checkPermission("Manage portal", layer["portal"])
    layer.logout_as_manager()
    assert who() == TEST_USER_ID
    layer.logout()
    assert who() is None


def test_a_job_that_does_not_end_is_an_error_and_all_else_is_undone(functional_session):
    before = surroundings()
    FUNCTIONAL.testSetUp()
    getUtility(IAsyncService).queueJob(hold, FUNCTIONAL["test-folder"])
    transaction.commit()
    wait_until(lambda: "here" in sample_jobs.GATES.arrived, 6, lambda: "the job did not start")
    with pytest.raises(TearDownDispatcherError, match="hold"):
        FUNCTIONAL.testTearDown()
    sample_jobs.GATES["here"].set()
    wait_until(lambda: surroundings() == before, 6, lambda: str(surroundings()))
    sample_jobs.GATES.reset()
