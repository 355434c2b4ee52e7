"""Browsers of users with several roles, and a client that posts what no form would."""

import pytest
import transaction
from overview_fixtures import board
from overview_fixtures import other_site
from overview_fixtures import queue
from overview_fixtures import work
from page_fixtures import PASSWORD
from page_fixtures import ROLES
from panel_jobs import fail
from panel_jobs import succeed
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.testing.zope import Browser

from plone.app.async_.overview.ids import id_of


__all__ = ["board", "other_site", "queue", "work"]


class Window(Browser):
    """A browser window in a site."""

    site = ""

    def __init__(self, app, portal, user=None):
        super().__init__(app)
        self.handleErrors = True
        self.raiseHttpErrors = False
        self.site = portal.absolute_url()
        if user is not None:
            password = SITE_OWNER_PASSWORD if user == SITE_OWNER_NAME else PASSWORD
            self.addHeader("Authorization", f"Basic {user}:{password}")

    @property
    def status(self):
        return int(self.headers["status"].split()[0])

    def visit(self, view="@@manage-job-queue"):
        """Open a view of the site; gives this window."""
        self.open(f"{self.site}/{view}")
        return self

    @property
    def listed(self):
        """The ids of the jobs on the page, in order."""
        if 'name="ids"' not in self.contents:
            return []
        return [box.optionValue for box in self.getControl(name="ids").controls]

    def choose(self, *ids):
        """Check the boxes of some jobs."""
        self.getControl(name="ids").value = list(ids)

    def press(self, action):
        """Press a button of the toolbar."""
        self.getForm("job-actions").getControl(name="action", index=BUTTONS.index(action)).click()


BUTTONS = ("retry", "cancel", "delete", "priority")


@pytest.fixture
def window(functional, site):
    """Opens a window for a user of a site, or for one of the Zope root, or for nobody."""
    for name, roles in ROLES.items():
        site.acl_users.userFolderAddUser(name, PASSWORD, roles, [])
    transaction.commit()

    def window(user="manager", portal=site):
        return Window(functional["app"], portal, user)

    return window


@pytest.fixture
def jobs(service, folder, work):
    """The ids of a job that succeeded, one that failed, and one that waits."""
    done = service.queueJob(succeed, folder, 40)
    failed = service.queueJob(fail, folder)
    work()
    waiting = service.queueJob(succeed, folder, 1)
    transaction.commit()
    return {"done": id_of(done), "failed": id_of(failed), "waiting": id_of(waiting)}
