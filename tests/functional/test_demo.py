"""A job goes from a view in the instance to the worker and back."""

import pytest
from demo.browser import Browser
from demo.browser import HTTPFailed
from demo.scenario import run_a_job


pytestmark = pytest.mark.functional


def test_a_job_creates_and_publishes_a_page_as_the_user(lab, worker):
    lines = []
    job = run_a_job(lab, lines.append)
    assert job["result"]["creator"] == "editor"
    assert job["result"]["worker"] == worker.pid
    assert job["result"]["url"].startswith(f"{lab.site_url}/async-demo")
    assert job["latency_ms"] < 1000
    told = "\n".join(lines)
    for word in str(job["id"]), job["worker"], f"{job['latency_ms']:.1f} ms", job["result"]["url"]:
        assert word in told


def test_jobs_of_others_are_not_shown(lab, browser, worker):
    address = lab.queue_job(browser)
    with pytest.raises(HTTPFailed, match=r"404|401"):
        browser.get(f"{lab.site_url}/@@async-demo-job?id=1")
    assert "__ac_name" in Browser().get(address)
