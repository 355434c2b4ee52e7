"""What managers do to jobs and queues in the control panel."""

import pytest
from playwright.sync_api import expect
from windows import wait_until_shown

from zc.async_.interfaces import KEY


pytestmark = pytest.mark.functional


@pytest.fixture
def template(lab, request):
    """The template without which the test's reports fail."""
    yield request.node.name
    lab.release(request.node.name)


@pytest.fixture
def open_queue(lab):
    """The queue hands out jobs again, however the test ends."""
    yield
    with lab.root(lab.layout.queues, read_only=False) as root:
        root[KEY][""].paused = False


def test_a_failed_job_is_looked_into_and_tried_again(lab, administrator, panel, queue, template):
    page = administrator
    page.clock.install()
    job = queue(page, "reports.make_pdf", folder="reports", template=template)
    lab.wait_for(job, "failed")
    page.goto(f"{panel}?state=failed")
    page.locator(f"#job-{job}-name").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("example.reports.make_pdf")
    expect(page.locator("#job-details").get_by_role("heading", name="Where it failed")).to_be_visible()
    expect(
        page.get_by_text("found = levers.read(name)").or_(page.get_by_text("raise LookupError")).first
    ).to_be_visible()
    traceback = page.get_by_text("Traceback (most recent call last)")
    expect(traceback).to_be_hidden()
    page.get_by_text("The whole traceback").click()
    expect(traceback).to_be_visible()
    lab.pull(template, "two columns")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("alert")).to_contain_text("Done.")
    lab.wait_for(job, "succeeded")
    page.reload()
    expect(page.locator("#job-details")).to_contain_text("Succeeded")
    expect(page.get_by_role("link", name="Annual reports").first).to_be_visible()


def test_a_waiting_job_is_cancelled_after_a_question(lab, administrator, panel, queue):
    page = administrator
    job = queue(page, "feeds.import_feed", feed="cancel", hours=30)
    page.goto(f"{panel}?text={job}")
    row, question = page.locator(f"#job-{job}"), page.get_by_role("dialog")
    row.get_by_role("button", name="Cancel").click()
    expect(question.get_by_role("heading", name="Cancel this job?")).to_be_visible()
    question.get_by_role("link", name="Go back").click()
    expect(question).to_have_count(0)
    assert lab.job(job)["state"] == "scheduled"
    row.get_by_role("button", name="Cancel").click()
    question.get_by_label("Reason").fill("The feed is gone")
    question.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_role("alert")).to_contain_text("Done.")
    expect(row).to_contain_text("Cancelled")
    expect(row).to_contain_text("The feed is gone")
    expect(page.get_by_role("region", name="What was done")).to_contain_text("ada")


def test_a_running_job_is_cancelled_on_its_page(lab, administrator, queue, feed):
    page = administrator
    page.clock.install()
    job = queue(page, "feeds.import_feed", feed=feed)
    lab.wait_for(job, "active")
    page.goto(f"{lab.site_url}/@@manage-job?id={job}")
    page.get_by_text("Cancel…").click()
    page.get_by_label("Reason").fill("Too slow")
    page.get_by_role("button", name="Cancel the job").click()
    lab.wait_for(job, "cancelled")
    page.reload()
    expect(page.locator("#job-details")).to_contain_text("Cancelled")
    expect(page.locator("#job-details")).to_contain_text("Too slow")


def test_all_jobs_that_match_are_tried_again(lab, administrator, panel, queue, template):
    page = administrator
    jobs = [queue(page, "reports.make_pdf", folder="reports", template=template, year=year) for year in (24, 25, 26)]
    for job in jobs:
        lab.wait_for(job, "failed")
    page.goto(f"{panel}?state=failed&text={template}")
    lab.pull(template, "two columns")
    page.get_by_role("combobox", name="Which jobs").select_option(label="All 3 that match")
    page.locator("#job-actions .async-toolbar").get_by_role("button", name="Retry").click()
    expect(page.get_by_role("alert")).to_contain_text("Done for 3 jobs.")
    for job in jobs:
        lab.wait_for(job, "succeeded")


def test_selected_jobs_are_deleted_after_a_question(lab, administrator, panel, queue):
    page = administrator
    jobs = [queue(page, "feeds.import_feed", feed="delete", hours=hours) for hours in (30, 31)]
    page.goto(f"{panel}?text={jobs[0]}")
    page.get_by_role("checkbox", name="Select", exact=True).check()
    for action, button in (("Cancel", "Cancel the job"), ("Delete", "Delete")):
        page.get_by_role("checkbox", name="Select", exact=True).check()
        page.locator(".async-toolbar").get_by_role("button", name=action).click()
        page.get_by_role("dialog").get_by_role("button", name=button).click()
        expect(page.get_by_role("alert")).to_contain_text("Done.")
    expect(page.locator(f"#job-{jobs[0]}")).to_have_count(0)
    assert lab.job(jobs[1])["state"] == "scheduled"


@pytest.mark.usefixtures("open_queue")
def test_a_manager_of_the_root_pauses_and_resumes_a_queue(lab, root_manager, panel, queue, feed):
    page = root_manager
    page.clock.install()
    lab.pull(feed)
    page.goto(panel)
    page.locator("#queues").get_by_role("button", name="Pause").click()
    expect(page.get_by_text("is paused: its jobs wait")).to_be_visible()
    job = queue(page, "feeds.import_feed", feed=feed)
    wait_until_shown(page.locator(f"#job-{job}"), "Waiting")
    page.locator("#queues").get_by_role("button", name="Resume").click()
    expect(page.get_by_text("is paused: its jobs wait")).to_have_count(0)
    wait_until_shown(page.locator(f"#job-{job}"), "Succeeded")


def test_the_keyboard_is_enough(lab, administrator, panel, queue):
    page = administrator
    job = queue(page, "feeds.import_feed", feed="keyboard", hours=30)
    page.goto(f"{panel}?text={job}")
    button, question = page.locator(f"#job-{job}-cancel"), page.get_by_role("dialog")
    page.locator("#filter-text").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == f"job-{job}-cancel":
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(question.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("Space")
    expect(question.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.locator(f"#job-{job}")).to_contain_text("By keyboard")
    assert lab.job(job)["state"] == "cancelled"
