"""Tests with layers, for zope.testrunner."""

import unittest
from base64 import b64encode
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from urllib.request import Request
from urllib.request import urlopen

import transaction
from zope.component import getUtility

from my_addon.jobs import retitle
from my_addon.jobs import retitle_pages
from my_addon.testing import ACCEPTANCE
from my_addon.testing import FUNCTIONAL
from my_addon.testing import INTEGRATION
from my_addon.testing import WORKER
from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.testing import PLONE_MANAGER_NAME
from plone.app.async_.testing import PLONE_MANAGER_PASSWORD
from plone.app.async_.testing import JobsFailed
from plone.app.async_.testing import assert_not_queued
from plone.app.async_.testing import assert_queued
from plone.app.async_.testing import drain
from plone.app.async_.testing import inline_jobs
from plone.app.async_.testing import wait_for_result


class TestWhatIsQueued(unittest.TestCase):
    layer = INTEGRATION

    def test_a_job_for_each_page(self):
        pages = self.layer["portal"].pages

        retitle_pages(pages, "New")

        job = assert_queued(retitle, pages.one, args=("New",))
        self.assertEqual(job.quota_names, ("pages",))
        assert_queued(retitle, count=2)
        assert_not_queued(retitle, pages)


class TestInline(unittest.TestCase):
    layer = FUNCTIONAL

    def setUp(self):
        self.pages = self.layer["portal"].pages
        self.service = getUtility(IAsyncService)

    def test_jobs_run_at_the_commit(self):
        with inline_jobs() as ran:
            self.service.queueJob(retitle_pages, self.pages, "New")
            transaction.commit()
            self.assertEqual(self.pages.one.title, "New")
        self.assertEqual([job.result for job in ran.jobs], [None, "New", "New"])

    def test_failures_are_not_silent(self):
        with self.assertRaisesRegex(JobsFailed, "a title is needed"), inline_jobs():
            self.service.queueJob(retitle, self.pages.one, "")
            transaction.commit()

    def test_an_expected_failure(self):
        with inline_jobs(raise_failures=False):
            job = self.service.queueJob(retitle, self.pages.one, "")
            transaction.commit()
        self.assertEqual(job.result.getErrorMessage(), "a title is needed")

    def test_a_delayed_job(self):
        tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
        job = self.service.queueJobWithDelay(None, tomorrow, retitle, self.pages.one, "New")
        self.assertEqual(drain(), [])
        self.assertEqual(drain(ahead=timedelta(days=1)), [job])


class TestWithAWorker(unittest.TestCase):
    layer = WORKER

    def test_one_job(self):
        page = self.layer["portal"].pages.one
        job = getUtility(IAsyncService).queueJob(retitle, page, "New")
        transaction.commit()
        self.assertEqual(wait_for_result(job), "New")
        self.assertEqual(page.title, "New")

    def test_all_jobs(self):
        retitle_pages(self.layer["portal"].pages, "New")
        self.assertEqual([job.result for job in drain()], ["New", "New"])


class TestInABrowser(unittest.TestCase):
    layer = ACCEPTANCE

    def test_a_browser_shows_what_a_job_did(self):
        page = self.layer["portal"].pages.one
        getUtility(IAsyncService).queueJob(retitle, page, "A new title")
        drain()
        account = b64encode(f"{PLONE_MANAGER_NAME}:{PLONE_MANAGER_PASSWORD}".encode()).decode()
        with urlopen(Request(page.absolute_url(), headers={"Authorization": f"Basic {account}"})) as response:
            self.assertIn(b"<title>A new title", response.read())
