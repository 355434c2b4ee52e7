"""Make the pictures of the documentation: ``make screenshots``.

A cluster is started with jobs that are always the same; what differs from run to run are the hours of the day.
"""

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from cluster import wait_until
from demo.cluster import SITE
from example_lab import ADMINISTRATOR
from example_lab import HERE
from example_lab import MEMBER
from example_lab import ROOT_MANAGER
from example_lab import ExampleLab
from example_lab import on_python_path
from playwright.sync_api import sync_playwright
from windows import ARGUMENTS
from windows import Windows
from windows import chromium_path
from windows import queue


IMAGES = Path(__file__).parent / "images"
TUTORIAL = Path(__file__).parents[1] / "examples" / "tutorial" / "addon"
MARGIN = 12
WORKER = "6e9f6a3c-5d0e-4f39-9d8c-2f6b1c7a4e11"
SOURCES = "/srv/site/src"
ADDRESS = "https://www.example.com"

REPLACE_TEXT = """([found, shown]) => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(found, shown);
}"""


class PictureLab(ExampleLab):
    """Its site has the jobs of a day behind it, and nothing odd in its navigation."""

    folders = {"reports": "Annual reports", "news": "News"}

    def __init__(self, home):
        super().__init__(home)
        self.instance = replace(self.instance, include=("example", "pictures.zcml"))

    def start(self):
        with on_python_path(TUTORIAL):
            super().start()

    def make_site(self):
        super().make_site()
        identity = self.worker.home / "var" / "uuid.txt"
        identity.parent.mkdir(parents=True)
        identity.write_text(WORKER)
        with on_python_path(HERE):
            self.instance.run_script(HERE / "make_yesterday.py", {"DEMO_SITE": SITE, "WORKER": WORKER})


def queue_jobs(lab, windows):
    """Jobs in all states; gives the id of one that failed."""
    ada, ben = (partial(queue, windows.open(user), lab.site_url) for user in (ADMINISTRATOR, MEMBER))
    failed = ada("reports.make_pdf", folder="reports", template="annual-report")
    lab.wait_for(failed, "failed")
    done = ben("newsletter.send_issue", folder="news", issue=41)
    lab.wait_for(done, "succeeded")
    ben("reports.make_pdf", folder="reports", template="annual-report")
    lab.pull("sports", "62 Reading “Sports”")
    lab.pull("culture", "25 Reading “Culture”")
    running = [ben("feeds.import_feed", folder="news", feed="sports", quota="default")]
    running += [ada("feeds.import_feed", folder="news", feed="culture")]
    for job in running:
        lab.wait_for(job, "active")
    for picture in "beach.jpg", "harbour.jpg":
        ben("images.make_thumbnails", folder="reports", picture=picture, quota="default")
    ada("newsletter.send_issue", folder="news", issue=42, hours=9)
    return failed


def take(lab, page, name, first="body", last=None):
    """Save what is on the page from one element to the end of another, or of the same."""
    for found, shown in ((str(HERE), SOURCES), (lab.instance.url, ADDRESS)):
        page.evaluate(REPLACE_TEXT, [found, shown])
    page.mouse.move(0, 0)
    box, end = page.locator(first).first.bounding_box(), page.locator(last or first).first.bounding_box()
    margin = min(MARGIN, box["x"], box["y"])
    clip = {
        "x": box["x"] - margin,
        "y": box["y"] - margin,
        "width": box["width"] + 2 * margin,
        "height": end["y"] + end["height"] - box["y"] + (margin if last else 2 * margin),
    }
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path, full_page=True, clip=clip, animations="disabled")
    print(f"{path.relative_to(IMAGES.parent)}: {path.stat().st_size // 1000} kB")


def take_all(lab, windows):
    failed = queue_jobs(lab, windows)
    page = windows.open(ADMINISTRATOR)
    page.goto(f"{lab.site_url}/@@manage-job-queue")
    take(lab, page, "control-panel", "body", ".async-chart")
    page.goto(f"{lab.site_url}/@@manage-job-queue?state=active&state=waiting&state=failed")
    take(lab, page, "jobs", "#jobs", "#jobs tbody tr:nth-child(7)")
    page.goto(f"{lab.site_url}/@@manage-job?id={failed}")
    take(lab, page, "job", ".job-page")
    page.goto(f"{lab.site_url}/@@job-queue-settings")
    page.evaluate("document.activeElement.blur()")
    take(lab, page, "settings", "article h1", "#formfield-form-widgets-poll_interval")
    page = windows.open(MEMBER)
    page.goto(f"{lab.site_url}/@@my-jobs")
    take(lab, page, "my-jobs", "#content", ".my-jobs > li:nth-child(6)")
    page = windows.open_zope(ROOT_MANAGER)
    page.goto(f"{lab.instance.url}/Control_Panel/@@manage-jobs")
    take(lab, page, "zope-control-panel", "body", "main table >> nth=2")
    take_tutorial(lab, windows)


def take_tutorial(lab, windows):
    """The tutorial's page, which loads itself again every second, some pages later; once no other job is in its way."""
    for lever in "sports", "culture":
        lab.pull(lever)
    page = windows.open(ADMINISTRATOR)
    address = f"{lab.site_url}/@@make-pages"
    page.goto(address)
    page.get_by_role("button", name="Make 20 pages").click()

    def is_well_on_its_way():
        page.goto(address)
        page.evaluate("window.stop()")
        return page.locator("article progress[value]").evaluate_all("found => found.some(each => each.value >= 30)")

    wait_until(is_well_on_its_way, "the job is at work", 60)
    take(lab, page, "tutorial-progress", "article h1", "article li")


def main():
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="plone.app.async-") as home,
        PictureLab(Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        windows = Windows(lab, browser)
        try:
            take_all(lab, windows)
        finally:
            for lever in "sports", "culture":
                lab.pull(lever)
            windows.close()
            browser.close()


if __name__ == "__main__":
    main()
