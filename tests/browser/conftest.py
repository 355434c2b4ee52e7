"""A real browser in front of the processes of ``examples/run.py``: ``make test-browser``."""

import os
import shutil

import pytest
from demo.cluster import USER
from lab import Lab
from playwright.sync_api import expect
from playwright.sync_api import sync_playwright


ARGUMENTS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP = {"width": 1200, "height": 800}
SECONDS = 20


def chromium_path():
    """The browser: what ``CHROMIUM`` names, or Debian's."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.exit("There is no Chromium: install it (Debian: apt-get install chromium), or let CHROMIUM name it", 1)
    return path


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def worker(lab):
    return lab.running_worker()


@pytest.fixture(scope="session")
def chromium():
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(lab, chromium):
    """Opens a browser window of its own, in which a user of the site has logged in; None means nobody has."""
    contexts = []

    def open_browser(user=USER, password=None, **options):
        context = chromium.new_context(**{"viewport": DESKTOP, "locale": "en-US", **options})
        contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        page = context.new_page()
        if user is not None:
            page.goto(f"{lab.site_url}/login")
            page.fill("#__ac_name", user)
            page.fill("#__ac_password", password or lab.password)
            page.click("#buttons-login")
            page.wait_for_load_state()
        return page

    yield open_browser
    for context in contexts:
        context.close()
