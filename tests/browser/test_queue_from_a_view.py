"""The demo's form, as its user sees it."""

import re

import pytest
from cluster import wait_until


pytestmark = pytest.mark.functional


def test_a_job_is_queued_by_a_form_and_done_by_the_worker(lab, worker, open_browser):
    page = open_browser()
    before = lab.pages()
    page.goto(f"{lab.site_url}/@@async-demo")
    page.get_by_label("Title").fill("Made in a browser")
    page.get_by_role("button", name="Queue the job").click()
    page.wait_for_url(re.compile("/@@my-jobs$"))
    page.get_by_text("Succeeded").first.wait_for()

    (made,) = wait_until(lambda: lab.pages() - before, "the page is there", 20)
    page.goto(f"{lab.site_url}/{made}")
    assert page.get_by_role("heading", level=1).inner_text() == "Made in a browser"
