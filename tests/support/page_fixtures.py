"""Users of a site, and browsers in which they have logged in."""

import pytest
import transaction
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from plone.testing.zope import Browser


PASSWORD = "correct horse battery"
NOBODY = None
THEIRS = "their-manager"

ROLES = {
    "member": ["Member"],
    "editor": ["Member", "Editor"],
    "site-admin": ["Member", "Site Administrator"],
    "manager": ["Member", "Manager"],
}
MANAGERS = {"site-admin", "manager", SITE_OWNER_NAME}
USERS = (NOBODY, "member", "editor", "site-admin", "manager", SITE_OWNER_NAME, THEIRS)
"""Everybody of interest; the last is the manager of another site, who tries the password they have there."""


class Reader:
    """A browser of somebody, which takes answers of any status."""

    def __init__(self, app, portal, name):
        known = {SITE_OWNER_NAME: SITE_OWNER_PASSWORD, TEST_USER_NAME: TEST_USER_PASSWORD}
        self.browser = Browser(app)
        self.browser.handleErrors = True
        self.browser.raiseHttpErrors = False
        self.browser.followRedirects = False
        self.url = portal.absolute_url()
        if name is not None:
            self.browser.addHeader("Authorization", f"Basic {name}:{known.get(name, PASSWORD)}")

    def open(self, address):
        """Open an address within the site; gives what was read, and what is now at ``status``."""
        self.browser.open(f"{self.url}/{address}")
        return self.contents

    def post(self, address, **fields):
        """Post a form that no page gave."""
        data = "&".join(f"{name}={value}" for name, value in fields.items())
        self.browser.post(f"{self.url}/{address}", data)
        return self.contents

    @property
    def contents(self):
        """What the answer says, as text."""
        contents = self.browser.contents
        return contents.decode() if isinstance(contents, bytes) else contents

    @property
    def status(self):
        """The status of the answer; 401 if it sends the reader to log in, or, if that was done, away."""
        if "require_login" in (self.browser.headers.get("location") or ""):
            return 401
        return int(self.browser.headers["status"].split()[0])


@pytest.fixture
def users(site):
    """One user for each set of roles, in the site's own user folder."""
    for name, roles in ROLES.items():
        site.acl_users.userFolderAddUser(name, PASSWORD, roles, [])
    transaction.commit()


@pytest.fixture
def reader(functional, site, users):
    """Opens a browser for a user of the site, or of the Zope root, or for nobody."""
    return lambda name=NOBODY, portal=site: Reader(functional["app"], portal, name)


@pytest.fixture
def their_manager(other_site):
    """The manager of another site in the same database."""
    other_site.acl_users.userFolderAddUser(THEIRS, PASSWORD, ["Member", "Manager"], [])
    transaction.commit()
