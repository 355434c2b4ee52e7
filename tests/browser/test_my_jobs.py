"""What a user without any special role sees and does."""

import pytest
from playwright.sync_api import expect
from windows import wait_until_shown


pytestmark = pytest.mark.functional


def test_members_watch_and_cancel_their_own_job(lab, member, queue, feed):
    page = member
    page.clock.install()
    lab.pull(feed, "25 Reading “Culture”")
    job = queue(page, "feeds.import_feed", folder="news", feed=feed)
    page.goto(f"{lab.site_url}/@@my-jobs")
    entry = page.locator(f"#job-{job}")
    wait_until_shown(entry, "Reading “Culture”")
    expect(entry.get_by_role("progressbar")).to_have_js_property("value", 25)
    entry.get_by_role("button", name="Cancel").click()
    lab.wait_for(job, "cancelled")
    page.reload()
    expect(entry).to_contain_text("Cancelled")


def test_members_see_what_became_of_their_job(lab, member, queue, feed):
    lab.pull(feed)
    job = queue(member, "feeds.import_feed", folder="news", feed=feed)
    lab.wait_for(job, "succeeded")
    member.goto(f"{lab.site_url}/@@my-jobs")
    member.locator(f"#job-title-{job}").click()
    expect(member.get_by_role("heading", level=1)).to_contain_text("import_feed")
    member.get_by_role("article").get_by_role("link", name="News").first.click()
    expect(member.get_by_role("heading", level=1)).to_have_text("News")


def test_a_page_tells_of_the_jobs_for_it(lab, member, administrator, queue, feed):
    job = queue(member, "feeds.import_feed", folder="news", feed=feed)
    lab.wait_for(job, "active")
    for page, address in (member, f"@@my-job?id={job}"), (administrator, f"@@manage-job?id={job}"):
        page.goto(f"{lab.site_url}/news")
        entry = page.locator("#content-jobs li").filter(has=page.locator(f"[href='{lab.site_url}/{address}']"))
        expect(entry).to_contain_text("Active")


def test_members_do_not_see_the_jobs_of_others(lab, member, administrator, queue):
    job = queue(administrator, "feeds.import_feed", feed="others", hours=30)
    member.goto(f"{lab.site_url}/@@my-jobs")
    expect(member.get_by_role("heading", name="My jobs")).to_be_visible()
    expect(member.locator(f"#job-{job}")).to_have_count(0)
    assert member.request.get(f"{lab.site_url}/@@my-job?id={job}").status == 404


def test_members_may_not_open_the_control_panel(panel, member):
    member.goto(panel)
    expect(member.get_by_text("Insufficient Privileges")).to_be_visible()
    expect(member.locator("#job-queue")).to_have_count(0)


def test_those_who_have_not_logged_in_are_asked_to(lab, open_browser, panel):
    page = open_browser(None)
    for address in panel, f"{lab.site_url}/@@my-jobs":
        page.goto(address)
        expect(page.locator("#__ac_name")).to_be_visible()
