"""A client that talks to the real publisher."""

import pytest
import transaction
from overview_fixtures import board
from overview_fixtures import other_site
from overview_fixtures import queue
from overview_fixtures import work
from page_fixtures import PASSWORD
from page_fixtures import ROLES
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from plone.restapi.permissions import UseRESTAPI
from plone.testing.zope import Browser


__all__ = ["board", "other_site", "queue", "work"]


class Client:
    """Sends JSON as a user, or as nobody; answers of any status."""

    def __init__(self, app, url, user=None, password=None):
        self._app = Browser(app).testapp
        self._url = url
        self._headers = {"Accept": "application/json"}
        if user is not None:
            self._headers["Authorization"] = f"Basic {user}:{password}"

    def get(self, path, **parameters):
        return self._app.get(self._url + path, parameters, headers=self._headers, status="*")

    def post(self, path, **sent):
        return self._app.post_json(self._url + path, sent, headers=self._headers, status="*")

    def post_form(self, path, **sent):
        return self._app.post(self._url + path, sent, headers=self._headers, status="*")

    def patch(self, path, **sent):
        return self._app.patch_json(self._url + path, sent, headers=self._headers, status="*")

    def delete(self, path):
        return self._app.delete(self._url + path, headers=self._headers, status="*")


@pytest.fixture
def users(site):
    """One user for each set of roles, in the site's own user folder; the REST API is open, as by its profile."""
    site.manage_permission(UseRESTAPI, ["Anonymous"], acquire=1)
    for name, roles in ROLES.items():
        site.acl_users.userFolderAddUser(name, PASSWORD, roles, [])
    transaction.commit()


@pytest.fixture
def client(functional, site, users):
    """A client for a user of the site, or for one of the Zope root, or for nobody."""

    def client(name=None, portal=site):
        known = {SITE_OWNER_NAME: SITE_OWNER_PASSWORD, TEST_USER_NAME: TEST_USER_PASSWORD}
        return Client(functional["app"], f"/{portal.getId()}", name, known.get(name, PASSWORD))

    return client
