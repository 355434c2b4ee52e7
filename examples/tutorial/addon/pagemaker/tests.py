"""Tests, run by zope-testrunner."""

import unittest
from unittest.mock import patch

import transaction
from plone.app.testing import TEST_USER_ID
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from plone.app.testing import FunctionalTesting
from plone.app.testing import PloneSandboxLayer
from plone.app.testing import setRoles
from plone.testing.zope import Browser

import pagemaker
from pagemaker.jobs import make_pages
from plone.app.async_.testing import PLONE_APP_ASYNC_FIXTURE
from plone.app.async_.testing import assert_queued
from plone.app.async_.testing import drain


class PagemakerLayer(PloneSandboxLayer):
    defaultBases = (PLONE_APP_ASYNC_FIXTURE,)

    def setUpZope(self, app, configurationContext):
        self.loadZCML(package=pagemaker)


LAYER = FunctionalTesting(bases=(PagemakerLayer(),), name="Pagemaker:Functional")


class TestMakePages(unittest.TestCase):
    layer = LAYER

    def setUp(self):
        self.site = self.layer["portal"]
        setRoles(self.site, TEST_USER_ID, ["Manager"])

    @patch("time.sleep")
    def test_the_pages_are_made(self, sleep):
        make_pages.delay(self.site, 3)
        (job,) = drain()
        self.assertEqual(job.result, 3)
        self.assertEqual(self.site["page-3"].title, "Page 3")

    def test_the_button_queues_a_job(self):
        transaction.commit()
        browser = Browser(self.layer["app"])
        browser.addHeader("Authorization", f"Basic {TEST_USER_NAME}:{TEST_USER_PASSWORD}")
        browser.open(f"{self.site.absolute_url()}/@@make-pages")
        browser.getControl("Make 20 pages").click()
        transaction.begin()
        assert_queued(make_pages, self.site, args=(20,))
