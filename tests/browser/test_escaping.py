"""Markup, scripts and quotes in any text of a job are shown as text; the fixture ``windows`` listens for dialogs."""

from urllib.parse import quote

import pytest
from example.hostile import ATTACK
from example_lab import ATTACKER
from example_lab import ROOT_MANAGER
from playwright.sync_api import expect


pytestmark = pytest.mark.functional


@pytest.fixture
def attacker(windows):
    return windows.open(ATTACKER)


@pytest.fixture
def zope(windows):
    """A window for Zope's own pages."""
    return windows.open_zope(ROOT_MANAGER)


@pytest.fixture
def visit(lab, administrator, attacker, zope):
    """Opens all pages that show a job."""

    def visit(job):
        for page, addresses in {
            administrator: ["@@manage-job-queue", f"@@manage-job?id={job}", f"@@manage-job-queue?text={quote(ATTACK)}"],
            attacker: ["@@my-jobs", f"@@my-job?id={job}"],
            zope: ["../Control_Panel/@@manage-jobs", f"../Control_Panel/@@manage-jobs-job?id={job}"],
        }.items():
            for address in addresses:
                page.goto(f"{lab.site_url}/{address}")
                yield page

    return visit


def assert_is_text(page):
    expect(page.get_by_text(ATTACK).first).to_be_attached()
    expect(page.locator("img[src=x], script:text('alert(2)')")).to_have_count(0)


def test_nothing_that_a_job_says_is_executed(lab, attacker, queue, visit, feed):
    job = queue(attacker, "hostile.attack", folder="attacked", lever=feed, **{ATTACK: ATTACK})
    lab.wait_for(job, "active")
    for page in visit(job):
        assert_is_text(page)
    attacker.goto(f"{lab.site_url}/attacked")
    expect(attacker.locator("#content-jobs")).to_contain_text(ATTACK)
    assert_is_text(attacker)
    lab.pull(feed)
    lab.wait_for(job, "failed")
    for page in visit(job):
        assert_is_text(page)


def test_the_reason_of_a_cancellation_is_text(lab, administrator, attacker, queue, panel, visit):
    job = queue(attacker, "hostile.attack", folder="attacked", hours=30, lever="never")
    page = administrator
    page.goto(f"{panel}?text={job}")
    page.locator(f"#job-{job}").get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_label("Reason").fill(ATTACK)
    page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_role("alert")).to_contain_text("Done.")
    for page in visit(job):
        assert_is_text(page)


def test_answers_for_scripts_are_no_pages(lab, root_manager, attacker, queue, feed):
    job = queue(attacker, "hostile.attack", folder="attacked", lever=feed)
    lab.pull(feed)
    lab.wait_for(job, "failed")
    for address, kind in {
        "jobs.json": "application/json",
        f"manage-job-error?id={job}": "text/plain; charset=utf-8",
        f"@jobs/{job}": "application/json",
    }.items():
        answer = root_manager.request.get(f"{lab.site_url}/{address}", headers={"Accept": "application/json"})
        assert answer.headers["content-type"].lower() == kind
        assert "alert(1)" in answer.text()
