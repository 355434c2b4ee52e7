"""The Control_Panel of the Zope root in a browser."""

import pytest
import transaction
from App.ApplicationManager import ApplicationManager
from overview_fixtures import board
from overview_fixtures import other_site
from overview_fixtures import queue
from overview_fixtures import work
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.testing.zope import Browser
from zope.component.hooks import setSite

from plone.app.async_.zmi.tabs import add_tabs


__all__ = ["board", "other_site", "queue", "work"]

PASSWORD = "correct horse battery"

PANEL = "http://nohost/Control_Panel"


@pytest.fixture
def users(functional, site):
    """Users of the site by their roles, and users of the root who are no managers of it."""
    for name in "Member", "Site Administrator", "Manager":
        site.acl_users.userFolderAddUser(f"site {name}", PASSWORD, ["Member", name], [])
    root = functional["app"].acl_users
    root.userFolderAddUser("root guest", PASSWORD, [], [])
    root.userFolderAddUser("root guest, manager of the site", PASSWORD, [], [])
    site.manage_setLocalRoles("root guest, manager of the site", ["Manager"])
    transaction.commit()


@pytest.fixture
def control_panel(monkeypatch):
    """What Zope does when it starts as a server, and the test layers leave out."""
    monkeypatch.setattr("OFS.Application.APP_MANAGER", ApplicationManager())
    add_tabs()


@pytest.fixture
def browse(functional, users, control_panel):
    """Gives a browser for a user, by default the manager of the root; None is nobody. Errors become answers.

    The publisher runs in the thread of the test, so it must not be in a site any more.
    """

    def browse(user=SITE_OWNER_NAME):
        setSite(None)
        browser = Browser(functional["app"])
        browser.raiseHttpErrors = False
        browser.addHeader("Accept", "text/html")
        if user is not None:
            password = SITE_OWNER_PASSWORD if user == SITE_OWNER_NAME else PASSWORD
            browser.addHeader("Authorization", f"Basic {user}:{password}")
        return browser

    return browse


@pytest.fixture
def panel(browse):
    """The manager's browser on the page of jobs."""
    browser = browse()
    browser.open(f"{PANEL}/@@manage-jobs")
    assert browser.headers["status"].startswith("200"), browser.contents
    return browser
