"""Layers for ``plone.testing``: a site with the add-on, and tests with and without a worker."""

from __future__ import annotations

import importlib
from contextlib import ExitStack
from typing import Any

import transaction
from plone.app.contenttypes.testing import PLONE_APP_CONTENTTYPES_FIXTURE
from plone.app.testing import TEST_USER_ID
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import FunctionalTesting
from plone.app.testing import IntegrationTesting
from plone.app.testing import PloneSandboxLayer
from plone.app.testing import login
from plone.app.testing import logout
from plone.testing.zope import WSGI_SERVER_FIXTURE

from plone.app.async_.testing.live import live_worker


PLONE_MANAGER_NAME = "Plone_manager"
PLONE_MANAGER_ID = "plonemanager"
PLONE_MANAGER_PASSWORD = "plonemanager"  # noqa: S105 (the account exists in tests only)


class AsyncLayer(PloneSandboxLayer):
    """A Plone site with this add-on, in which nothing runs jobs, and an account that may do everything."""

    defaultBases = (PLONE_APP_CONTENTTYPES_FIXTURE,)

    def setUpZope(self, app: Any, configurationContext: Any) -> None:
        """Load what any process loads, and what happens when a dispatcher begins to work."""
        package = importlib.import_module("plone.app.async")  # a name that no import statement can say
        self.loadZCML(package=package)
        self.loadZCML("activation.zcml", package=package)

    def setUpPloneSite(self, portal: Any) -> None:
        """Make the manager's account."""
        users = portal.acl_users
        users.source_users.addUser(PLONE_MANAGER_ID, PLONE_MANAGER_NAME, PLONE_MANAGER_PASSWORD)
        users.portal_role_manager.doAssignRoleToPrincipal(PLONE_MANAGER_ID, "Manager")


class AsyncTestLifecycle:
    """For each test, a folder in which the test user may add content (``test-folder``), and ways to log in."""

    def testSetUp(self) -> None:
        """Make the folder."""
        super().testSetUp()
        self.login_as_manager()
        portal = self["portal"]
        folder = portal[portal.invokeFactory("Folder", "test-folder", title="Test folder")]
        folder.manage_setLocalRoles(TEST_USER_ID, ["Owner", "Contributor", "Editor"])
        folder.reindexObjectSecurity()
        self.logout_as_manager()
        self["test-folder"] = folder

    def testTearDown(self) -> None:
        """Forget the folder; it goes with the test's changes."""
        del self["test-folder"]
        super().testTearDown()

    def login(self, name: str = TEST_USER_NAME) -> None:
        """Become the user of the site with that login name, by default the test user."""
        login(self["portal"], name)

    def logout(self) -> None:
        """Become Anonymous."""
        logout()

    def login_as_manager(self) -> None:
        """Become the manager."""
        self.login(PLONE_MANAGER_NAME)

    def logout_as_manager(self) -> None:
        """Become the test user again."""
        self.login()


class AsyncIntegrationTesting(AsyncTestLifecycle, IntegrationTesting):
    """Tests that commit nothing. Jobs can be queued and looked at, see ``assert_queued``, but not run."""


class AsyncFunctionalTesting(AsyncTestLifecycle, FunctionalTesting):
    """Tests that may commit, with a worker of their own that runs jobs in other threads.

    Each test has a new database on top of those of the layers below. With ``separate_database`` the queues are in
    another one, ``async``, as ``multi_db_worker.zcml`` has it. The dispatcher is the resource ``async-dispatcher``.
    Everything is gone after the test; jobs that do not end within some seconds are an error of the test then.
    """

    separate_database = False

    def testSetUp(self) -> None:
        """Start the worker, once the test's folder is committed."""
        super().testSetUp()
        transaction.commit()
        self._worker = ExitStack()
        self["async-dispatcher"] = self._worker.enter_context(live_worker(self["zodbDB"], self.separate_database))
        transaction.begin()

    def testTearDown(self) -> None:
        """End the worker before its database is closed."""
        transaction.abort()
        del self["async-dispatcher"]
        try:
            self._worker.close()
        finally:
            super().testTearDown()


PLONE_APP_ASYNC_FIXTURE = AsyncLayer(name="PloneAppAsync:Fixture")
"""The site, for layers of add-ons to stand on."""

PLONE_APP_ASYNC_INTEGRATION_TESTING = AsyncIntegrationTesting(
    bases=(PLONE_APP_ASYNC_FIXTURE,), name="PloneAppAsync:Integration"
)
"""Jobs can be queued, and not run."""

PLONE_APP_ASYNC_FUNCTIONAL_TESTING = AsyncFunctionalTesting(
    bases=(PLONE_APP_ASYNC_FIXTURE,), name="PloneAppAsync:Functional"
)
"""Each test has a worker."""

PLONE_APP_ASYNC_ACCEPTANCE_TESTING = AsyncFunctionalTesting(
    bases=(PLONE_APP_ASYNC_FIXTURE, WSGI_SERVER_FIXTURE), name="PloneAppAsync:Acceptance"
)
"""The same, with a web server in front."""
