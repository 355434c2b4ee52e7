"""The story that the demonstration tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cluster import wait_until

from demo.browser import Browser
from demo.cluster import USER
from demo.cluster import DemoCluster


JOB_LIMIT = 60.0


class JobFailed(Exception):
    """The job of the demonstration ended with a failure."""


def wait_for_job(browser: Browser, address: str, seconds: float = JOB_LIMIT) -> dict[str, Any]:
    """The description of the job once it is completed."""

    def completed() -> dict[str, Any] | None:
        job = browser.get_json(address)
        return job if job["completed"] else None

    return wait_until(completed, f"the job at {address} is completed", seconds)


def run_a_job(cluster: DemoCluster, say: Callable[[str], None]) -> dict[str, Any]:
    """Log in, queue a job, wait for it, and look at the page it made."""
    say(f"Logging in as {USER}, who is known in the site only")
    browser = cluster.log_in()
    say("Queueing a job through the view @@async-demo")
    address = cluster.queue_job(browser, title="Made by a job")
    job = wait_for_job(browser, address)
    if job["failed"]:
        raise JobFailed(f"The job failed: {job['result']}")
    url = job["result"]["url"]
    # Asked for without logging in: it is published, and this is its address.
    Browser().get(url)
    worker = cluster.processes[cluster.worker.name]
    if job["result"]["worker"] != worker.pid:
        raise JobFailed(f"The job ran in process {job['result']['worker']}, which is not the worker {worker.pid}")
    say("")
    say(f"  job       {job['id']} ({job['call']}), {job['status']}")
    say(f"  worker    {job['worker']} (process {worker.pid})")
    say(f"  latency   {job['latency_ms']:.1f} ms from the commit to the start of the job")
    say(f"  document  {url}, by {job['result']['creator']}, published")
    say("")
    return job
