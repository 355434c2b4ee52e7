"""Pages that everybody can use: axe has no serious complaint, and a phone is wide enough."""

from functools import partial
from itertools import pairwise

import pytest
import windows as browser_windows
from axe_playwright_python.sync_playwright import Axe
from example_lab import ROOT_MANAGER
from playwright.sync_api import expect
from windows import PHONE


pytestmark = pytest.mark.functional

GRAVE = {"serious", "critical"}

TOO_WIDE = """[...document.querySelectorAll('main *')]
    .filter(element => element.getBoundingClientRect().right > document.documentElement.clientWidth)
    .map(element => element.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def jobs(lab, all_windows):
    """A job in each state, by its state."""
    lab.pull("accessible", "60 Reading “Weather”")
    queue = partial(browser_windows.queue, all_windows.open(ROOT_MANAGER), lab.site_url, folder="news")
    jobs = {
        "failed": queue("reports.make_pdf", template="accessible pages"),
        "active": queue("feeds.import_feed", feed="accessible"),
        "scheduled": queue("feeds.import_feed", feed="accessible", hours=30),
    }
    for state, job in jobs.items():
        lab.wait_for(job, state)
    all_windows.close()
    yield jobs
    lab.pull("accessible")


SITE_PAGES = [
    "@@manage-job-queue",
    "@@manage-job-queue?text=nothing+matches",
    "@@manage-job?id={failed}",
    "@@manage-job?id={active}",
    "@@manage-job?id={scheduled}",
    "@@my-jobs",
    "@@my-job?id={failed}",
    "@@job-queue-settings",
    "news",
]
ZOPE_PAGES = ["@@manage-jobs", "@@manage-jobs-job?id={failed}", "@@manage-jobs-job?id={active}"]


def grave_violations(page, **options):
    """What axe finds, as a text to read: the rule, and the elements."""
    found = Axe().run(page, **options).response["violations"]
    return [
        f"{violation['id']}: {[node['html'] for node in violation['nodes']]}"
        for violation in found
        if violation["impact"] in GRAVE
    ]


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("address", SITE_PAGES)
def test_axe_has_no_serious_complaint(lab, windows, jobs, address, size):
    page = windows.open(ROOT_MANAGER, **({"viewport": size} if size else {}))
    page.goto(f"{lab.site_url}/{address.format(**jobs)}")
    page.evaluate("document.querySelectorAll('main details').forEach((details) => { details.open = true; })")
    assert not grave_violations(page, context="main")
    if size is PHONE:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.evaluate(TOO_WIDE)


@pytest.mark.parametrize("address", ZOPE_PAGES)
def test_axe_has_no_serious_complaint_about_our_part_of_zope_pages(lab, windows, jobs, address):
    page = windows.open_zope(ROOT_MANAGER)
    page.goto(f"{lab.instance.url}/Control_Panel/{address.format(**jobs)}")
    # Colours are those of Zope's own pages.
    assert not grave_violations(page, context="main", options={"rules": {"color-contrast": {"enabled": False}}})


def test_axe_has_no_serious_complaint_about_questions(lab, root_manager, panel, jobs):
    page = root_manager
    page.goto(f"{panel}?text={jobs['scheduled']}")
    row = page.locator(f"#job-{jobs['scheduled']}")
    for action in "Cancel", "Change priority":
        row.get_by_role("button", name=action).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert not grave_violations(page, context="dialog")
        page.keyboard.press("Escape")


def test_headings_come_in_order(lab, root_manager, jobs):
    page = root_manager
    for address in SITE_PAGES:
        page.goto(f"{lab.site_url}/{address.format(**jobs)}")
        levels = page.locator("#content-core, #content, main").first.evaluate(
            "main => [...main.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(h => Number(h.localName[1]))"
        )
        assert all(level <= before + 1 for before, level in pairwise(levels)), (address, levels)


def test_what_changes_is_told_politely(root_manager, panel, jobs):
    root_manager.goto(panel)
    expect(root_manager.locator("#job-queue [role=status]")).to_contain_text("active:")
