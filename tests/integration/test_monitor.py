"""What the monitor shows of requests that are being served."""

import re

import pytest
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.testing.zope import Browser
from Products.Five.browser import BrowserView
from ZODB.interfaces import IDatabase
from zope.component import getGlobalSiteManager
from zope.interface import Interface
from zope.publisher.interfaces.browser import IBrowserRequest

from zc.async_.monitor import process


class AskMonitor(BrowserView):
    """Answers what the monitor does while this request is on its way."""

    def __call__(self):
        self.answer = ""
        process.monitor(self, "0")
        return self.answer

    def write(self, data):
        self.answer += data


@pytest.fixture
def view(functional):
    components = getGlobalSiteManager()
    registration = AskMonitor, (Interface, IBrowserRequest), Interface, "ask-monitor"
    components.registerAdapter(*registration)
    components.registerUtility(functional["app"]._p_jar.db(), IDatabase)
    yield
    components.unregisterUtility(provided=IDatabase)
    components.unregisterAdapter(*registration)


def test_M16_a_connection_that_serves_a_request_shows_its_path_and_no_secrets(functional, site, view):
    browser = Browser(functional["app"])
    browser.handleErrors = False
    browser.addHeader("Authorization", f"Basic {SITE_OWNER_NAME}:{SITE_OWNER_PASSWORD}")
    browser.addHeader("Cookie", "session=secret")
    browser.open(f"{site.absolute_url()}/@@ask-monitor?card=secret")
    assert re.search(r"(?m)^\d+\.\d\d /plone/@@ask-monitor \(\d+\)$", browser.contents)
    for word in "secret", "Basic", SITE_OWNER_NAME:
        assert word not in browser.contents
