"""Windows of Debian's Chromium, and what can be done in them to the pages about jobs."""

import json
import os
import shutil

from cluster import wait_until
from playwright.sync_api import expect


ARGUMENTS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP = {"width": 1200, "height": 800}
PHONE = {"width": 360, "height": 740}
SECONDS = 20


def chromium_path():
    """The browser: what ``CHROMIUM`` names, or Debian's; None if there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


class Windows:
    """Opens windows in which a user of the site has logged in, each with cookies of its own.

    ``troubles`` are the errors of scripts, and the dialogs that scripts opened, on all pages.
    """

    def __init__(self, lab, chromium):
        self._lab = lab
        self._chromium = chromium
        self._cookies = {}
        self._contexts = []
        self.troubles = []

    def open(self, user, password=None, **options):
        """A window of the user; None means that nobody has logged in."""
        password = password or self._lab.password
        cookies = None if user is None else self._cookies_of(user, password)
        return self._new({"storage_state": cookies, **options})

    def open_zope(self, user, **options):
        """A window of a user of the Zope root for Zope's own pages."""
        credentials = {"username": user, "password": self._lab.password, "send": "always"}
        return self._new({"http_credentials": credentials, **options})

    def _new(self, options):
        context = self._chromium.new_context(**{"viewport": DESKTOP, "locale": "en-US", **options})
        self._contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        context.on("dialog", self._note_dialog)
        return context.new_page()

    def _note_dialog(self, dialog):
        self.troubles.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _cookies_of(self, user, password):
        if user not in self._cookies:
            page = self._new({})
            page.goto(f"{self._lab.site_url}/login")
            page.fill("#__ac_name", user)
            page.fill("#__ac_password", password)
            page.click("#buttons-login")
            page.wait_for_load_state()
            expect(page.locator("#__ac_name")).to_have_count(0)
            self._cookies[user] = page.context.storage_state()
        return self._cookies[user]

    def close(self):
        for context in self._contexts:
            context.close()
        self._contexts.clear()


def queue(page, site_url, function, folder="", hours="", quota="", **arguments):
    """The id of a job that the window's user has queued for a folder of the site."""
    address = "/".join(filter(None, [site_url, folder, "@@example-queue"]))
    form = {"function": function, "arguments": json.dumps(arguments), "hours": str(hours), "quota": quota}
    answer = page.request.post(address, form=form)
    assert answer.ok, answer.text()
    return answer.text()


def refresh(page):
    """Let the page's clock go on until the page has brought itself up to date."""
    with page.expect_response(lambda response: "ajax_load=1" in response.url) as answer:
        page.clock.fast_forward(11_000)
    answer.value.finished()


def wait_until_shown(locator, text):
    """Return when the page has refreshed itself so far that the text is there."""

    def is_shown():
        refresh(locator.page)
        return locator.count() and text in locator.inner_text()

    wait_until(is_shown, f"the page shows {text!r}", 30)
