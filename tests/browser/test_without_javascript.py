"""Everything can be read and done in a browser that runs no scripts."""

import pytest
from example_lab import ADMINISTRATOR
from example_lab import MEMBER
from playwright.sync_api import expect


pytestmark = pytest.mark.functional

PAGE_SIZE = 25


@pytest.fixture
def page(windows):
    return windows.open(ADMINISTRATOR, java_script_enabled=False)


def test_jobs_are_filtered_and_sorted(lab, page, panel, queue):
    job = queue(page, "reports.make_pdf", template="plain pages")
    lab.wait_for(job, "failed")
    page.goto(panel)
    page.get_by_role("checkbox", name="Failed").check()
    page.get_by_label("Title, failure or id").fill("plain pages")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("[name=ids]")).to_have_count(1)
    expect(page.locator(f"#job-{job}")).to_be_visible()
    page.get_by_role("columnheader").get_by_role("link").first.click()
    expect(page.locator(f"#job-{job}")).to_be_visible()
    expect(page.locator("[aria-sort]")).to_have_count(1)


def test_long_lists_have_pages(page, panel, queue):
    for _ in range(PAGE_SIZE + 1):
        queue(page, "feeds.import_feed", feed="pages", hours=40)
    page.goto(f"{panel}?state=scheduled")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("[name=ids]").first).to_be_visible()
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("[name=ids]")).to_have_count(PAGE_SIZE)


def test_what_cannot_be_undone_is_asked_on_a_page_of_its_own(lab, page, panel, queue):
    job = queue(page, "feeds.import_feed", feed="plain question", hours=30)
    page.goto(f"{panel}?text={job}")
    page.locator(f"#job-{job}").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancel this job?", level=1)).to_be_visible()
    page.get_by_role("link", name="Go back").click()
    expect(page).to_have_url(f"{panel}?text={job}#jobs")
    page.locator(f"#job-{job}").get_by_role("button", name="Cancel").click()
    page.get_by_label("Reason").fill("No script")
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.locator(f"#job-{job}")).to_contain_text("No script")
    page.locator(f"#job-{job}").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert")).to_contain_text("Done.")
    expect(page.locator(f"#job-{job}")).to_have_count(0)


def test_a_failed_job_is_tried_again_on_its_page(lab, page, queue):
    lab.release("plain retry")
    job = queue(page, "reports.make_pdf", template="plain retry")
    lab.wait_for(job, "failed")
    page.goto(f"{lab.site_url}/@@manage-job?id={job}")
    page.get_by_text("The whole traceback").click()
    expect(page.get_by_text("Traceback (most recent call last)")).to_be_visible()
    lab.pull("plain retry")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("alert")).to_contain_text("Done.")
    lab.wait_for(job, "succeeded")


def test_members_cancel_their_own_job(lab, windows, queue, feed):
    page = windows.open(MEMBER, java_script_enabled=False)
    job = queue(page, "feeds.import_feed", feed=feed)
    lab.wait_for(job, "active")
    page.goto(f"{lab.site_url}/@@my-jobs")
    page.locator(f"#job-{job}").get_by_role("button", name="Cancel").click()
    lab.wait_for(job, "cancelled")
