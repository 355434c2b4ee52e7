"""A Plone site with the add-on in it, and a way to run its jobs as a worker does."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import plone.observability
import pytest
import tested_facts
import transaction
from plone.app.testing import TEST_USER_ID
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from plone.app.testing import FunctionalTesting
from plone.app.testing import PloneSandboxLayer
from plone.app.testing import setRoles
from plone.testing.zope import Browser
from pytest_plone import fixtures_factory
from zope.component import getUtility
from zope.configuration import xmlconfig
from zope.i18n.compile import compile_mo_file

from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.pytest_plugin import async_service  # noqa: F401 (these are fixtures)
from plone.app.async_.pytest_plugin import async_worker  # noqa: F401
from plone.app.async_.pytest_plugin import async_worker as worker  # noqa: F401
from plone.app.async_.pytest_plugin import inline_jobs  # noqa: F401
from plone.app.async_.testing import PLONE_APP_ASYNC_FIXTURE
from plone.app.async_.testing import AsyncIntegrationTesting
from zc.async_.dispatcher import Dispatcher
from zc.async_.dispatcher import pop


class SiteLayer(PloneSandboxLayer):
    """A user and a folder for all tests."""

    defaultBases = (PLONE_APP_ASYNC_FIXTURE,)

    def setUpZope(self, app, configurationContext):
        self.loadZCML(package=plone.observability)
        xmlconfig.string(tested_facts.ZCML, context=configurationContext)

    def setUpPloneSite(self, portal):
        portal.acl_users.userFolderAddUser("jane", "correct horse", ["Member"], [])
        setRoles(portal, TEST_USER_ID, ["Manager"])
        portal.invokeFactory("Folder", "work", title="Work")
        setRoles(portal, TEST_USER_ID, ["Member"])


LOCALES = Path(__file__).parents[2] / "src/plone/app/async_/locales"

# The fixtures are named after the layers' module, which must be one that can be imported by its name.
MODULE = "plone.app.async_"
FIXTURE = SiteLayer(name="Site", module=MODULE)
FUNCTIONAL = FunctionalTesting(bases=(FIXTURE,), name="Site:Functional", module=MODULE)
INTEGRATION = AsyncIntegrationTesting(bases=(FIXTURE,), name="Site:Integration", module=MODULE)

globals().update(fixtures_factory(((FUNCTIONAL, "functional"), (INTEGRATION, "integration"))))


def pytest_configure():
    """Compile our catalogues before ZCML looks for them, as Zope does with ``zope_i18n_compile_mo_files``."""
    for language in LOCALES.iterdir():
        compile_mo_file("plone.app.async", str(language / "LC_MESSAGES"))


def pytest_collection_modifyitems(items):
    """Run the tests of this folder last: its layers live to the end and do not bear ``zope.testing.cleanup``."""
    items.sort(key=lambda item: Path(__file__).parent in item.path.parents)


@pytest.fixture
def site(functional):
    return functional["portal"]


@pytest.fixture
def folder(site):
    """A folder that its owner, the logged-in user, may add content to."""
    folder = site["work"]
    folder.manage_setLocalRoles(TEST_USER_ID, ["Owner", "Contributor", "Editor"])
    folder.reindexObjectSecurity()
    transaction.commit()
    return folder


@pytest.fixture
def browser(functional, site):
    """A browser in which the test user is logged in."""
    browser = Browser(functional["app"])
    browser.handleErrors = False
    browser.addHeader("Authorization", f"Basic {TEST_USER_NAME}:{TEST_USER_PASSWORD}")
    return browser


@pytest.fixture
def service(site):
    return getUtility(IAsyncService)


def run_now(job):
    """Run a committed job in this thread, in a connection of its own."""
    connection = job._p_jar.db().open()
    try:
        mine = connection.get(job._p_oid)
        mine.queue.remove(mine)
        transaction.commit()
        mine()
    finally:
        transaction.abort()
        connection.close()


@pytest.fixture
def run():
    """Commits, runs a job to its end in another thread, and gives the job as this thread then sees it."""

    def run(job):
        transaction.commit()
        with ThreadPoolExecutor(1) as threads:
            threads.submit(run_now, job).result(60)
        transaction.begin()
        return job

    return run


@pytest.fixture
def run_committed():
    """Runs a committed job to its end in the thread that calls it."""
    return run_now


@pytest.fixture
def run_here():
    """Commits and runs a job in the thread of the test."""

    def run(job):
        transaction.commit()
        run_now(job)
        transaction.begin()
        return job

    return run


@pytest.fixture
def failure_of(run):
    """Runs a job that must fail, and gives the exception."""

    def failure_of(job):
        result = run(job).result
        return result.value

    return failure_of


@pytest.fixture
def work_on():
    """Starts a dispatcher on a database, and ends it with the test, if the test has not."""
    dispatchers = []

    def work_on(database):
        dispatcher = Dispatcher(database, poll_interval=0.2, uuid=uuid.uuid4())
        dispatcher.activate()
        dispatchers.append(dispatcher)
        return dispatcher

    yield work_on
    for dispatcher in dispatchers:
        if dispatcher.activated:
            dispatcher.deactivate(timeout=10)
        pop(dispatcher.UUID)
