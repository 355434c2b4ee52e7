"""The control panel keeps itself up to date under the eyes of its reader."""

import json
import signal

import pytest
from playwright.sync_api import expect
from windows import refresh
from windows import wait_until_shown


pytestmark = pytest.mark.functional


@pytest.fixture
def page(administrator):
    """A window whose clock the test moves on."""
    administrator.clock.install()
    return administrator


@pytest.fixture
def resting_worker(worker):
    """A worker that does nothing until it is told to go on."""
    worker.send(signal.SIGSTOP)
    yield worker
    worker.send(signal.SIGCONT)


def test_a_job_is_seen_from_its_queueing_to_its_end(lab, resting_worker, page, panel, member, feed):
    page.goto(panel)
    member.goto(f"{lab.site_url}/news/@@example-queue")
    member.get_by_label("Function").fill("feeds.import_feed")
    member.get_by_label("Arguments").fill(json.dumps({"feed": feed}))
    member.get_by_role("button", name="Queue the job").click()
    job = member.locator("body").inner_text().strip()
    row = page.locator(f"#job-{job}")
    wait_until_shown(row, "Waiting")
    expect(row).to_contain_text("Ben Okafor")
    lab.pull(feed, "40 Reading “Sports”")
    resting_worker.send(signal.SIGCONT)
    wait_until_shown(row, "Reading “Sports”")
    expect(row.get_by_text("Active", exact=True)).to_be_visible()
    expect(row.get_by_role("progressbar")).to_have_js_property("value", 0.4)
    expect(row).to_contain_text("40%")
    lab.pull(feed)
    wait_until_shown(row, "Succeeded")
    expect(row.get_by_role("progressbar")).to_have_count(0)


def test_the_reader_keeps_the_place_when_the_page_refreshes_itself(page, panel, queue):
    early = queue(page, "feeds.import_feed", folder="reports", feed="later", hours=30)
    page.goto(f"{panel}?text=/reports&state=scheduled")
    page.evaluate("window.isTheSamePage = true")
    box, field = page.locator(f"#job-{early} [name=ids]"), page.get_by_label("Function")
    box.check()
    page.locator("details summary").first.click()
    field.fill("half a na")
    page.evaluate("window.scrollTo(0, 200)")
    before = page.evaluate("window.scrollY")
    late = queue(page, "feeds.import_feed", folder="reports", feed="later", hours=20)
    wait_until_shown(page.locator(f"#job-{late}"), "Scheduled")
    expect(box).to_be_checked()
    expect(page.locator(f"#job-{late} [name=ids]")).not_to_be_checked()
    expect(page.locator("details").first).to_have_attribute("open", "")
    expect(field).to_have_value("half a na")
    expect(field).to_be_focused()
    assert page.evaluate("window.scrollY") == before
    assert page.evaluate("window.isTheSamePage")


def test_nothing_is_asked_for_while_a_question_is_open(page, panel, queue):
    job = queue(page, "feeds.import_feed", feed="asked", hours=30)
    page.goto(f"{panel}?text={job}")
    page.locator(f"#job-{job}").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward(11_000)
    page.get_by_role("dialog").get_by_role("link", name="Go back").click()
    assert not [address for address in asked if "ajax_load" in address]
    refresh(page)
