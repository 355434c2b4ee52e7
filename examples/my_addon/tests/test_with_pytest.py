"""The same for pytest."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction

from my_addon.jobs import retitle
from my_addon.jobs import retitle_pages
from plone.app.async_.testing import JobsFailed
from plone.app.async_.testing import assert_queued
from plone.app.async_.testing import drain
from plone.app.async_.testing import wait_for_result


@pytest.fixture
def pages(functional):
    return functional["portal"].pages


def test_a_job_for_each_page(integration, async_service):
    pages = integration["portal"].pages
    retitle_pages(pages, "New")
    assert_queued(retitle, pages.one, args=("New",))


def test_jobs_run_at_the_commit(pages, async_service, inline_jobs):
    async_service.queueJob(retitle_pages, pages, "New")
    transaction.commit()
    assert pages.one.title == "New"
    assert [job.result for job in inline_jobs.jobs] == [None, "New", "New"]


def test_failures_are_not_silent(pages, async_service):
    async_service.queueJob(retitle, pages.one, "")
    with pytest.raises(JobsFailed, match="a title is needed"):
        drain()


def test_a_delayed_job(pages, async_service):
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    job = async_service.queueJobWithDelay(None, tomorrow, retitle, pages.one, "New")
    assert drain() == []
    assert drain(ahead=timedelta(days=1)) == [job]


def test_with_a_worker(pages, async_service, async_worker):
    job = async_service.queueJob(retitle, pages.one, "New")
    transaction.commit()
    assert wait_for_result(job) == "New"
    assert pages.one.title == "New"
