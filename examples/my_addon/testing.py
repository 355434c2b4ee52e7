"""The layers: those of the add-on on top of the one with the queues."""

from plone.app.testing import TEST_USER_ID
from plone.app.testing import FunctionalTesting
from plone.app.testing import PloneSandboxLayer
from plone.app.testing import setRoles
from plone.testing.zope import WSGI_SERVER_FIXTURE
from zope.component import getUtility
from zope.event import notify

import my_addon
from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.interfaces import QueueReady
from plone.app.async_.testing import PLONE_APP_ASYNC_FIXTURE
from plone.app.async_.testing import AsyncFunctionalTesting
from plone.app.async_.testing import AsyncIntegrationTesting


class MyAddonLayer(PloneSandboxLayer):
    defaultBases = (PLONE_APP_ASYNC_FIXTURE,)

    def setUpZope(self, app, configurationContext):
        self.loadZCML(package=my_addon)

    def setUpPloneSite(self, portal):
        # An add-on with a profile calls applyProfile(portal, "my_addon:default") here.
        setRoles(portal, TEST_USER_ID, ["Manager"])
        portal.invokeFactory("Folder", "pages")
        portal.pages.invokeFactory("Document", "one", title="One")
        portal.pages.invokeFactory("Document", "two", title="Two")
        setRoles(portal, TEST_USER_ID, ["Member"])
        # What happens when a worker begins: the add-on makes its quotas, also for tests in which none does.
        notify(QueueReady(getUtility(IAsyncService).getQueues()[""]))


FIXTURE = MyAddonLayer()

# Commits nothing: jobs can be queued, but not run.
INTEGRATION = AsyncIntegrationTesting(bases=(FIXTURE,), name="MyAddon:Integration")

# May commit. No worker runs: for inline jobs, and for drain().
FUNCTIONAL = FunctionalTesting(bases=(FIXTURE,), name="MyAddon:Functional")

# May commit, and each test has a worker with threads of its own.
WORKER = AsyncFunctionalTesting(bases=(FIXTURE,), name="MyAddon:Worker")

# The same with a web server in front, for a browser.
ACCEPTANCE = AsyncFunctionalTesting(bases=(FIXTURE, WSGI_SERVER_FIXTURE), name="MyAddon:Acceptance")
