"""The demo's form, as its user sees it."""

import json
import re

import pytest
from cluster import wait_until


pytestmark = pytest.mark.functional


def test_a_job_is_queued_by_a_form_and_done_by_the_worker(lab, worker, open_browser):
    page = open_browser()
    page.goto(f"{lab.site_url}/@@async-demo")
    page.get_by_label("Title").fill("Made in a browser")
    page.get_by_role("button", name="Queue the job").click()
    address = json.loads(page.locator("body").inner_text())["url"]
    assert re.search(r"id=\d+$", address)

    def job():
        page.goto(address)
        described = json.loads(page.locator("body").inner_text())
        return described["completed"] and described

    job = wait_until(job, "the job is completed", 20)
    page.goto(job["result"]["url"])
    assert page.get_by_role("heading", level=1).inner_text() == "Made in a browser"
