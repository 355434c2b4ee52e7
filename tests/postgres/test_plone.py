"""Plone on RelStorage: an instance and a worker that share nothing but a PostgreSQL server."""

import pytest
from cluster import wait_until
from demo.scenario import wait_for_job


pytestmark = pytest.mark.functional

JOBS = 20


def test_a_job_of_the_instance_is_run_by_the_worker(lab, browser, worker):
    job = wait_for_job(browser, lab.queue_job(browser, title="Made by a job"))
    assert not job["failed"]
    assert job["result"]["worker"] == worker.pid
    browser.get(job["result"]["url"])


def test_all_jobs_are_done_once_though_the_worker_is_killed(lab, browser, worker):
    before = lab.pages()
    addresses = [lab.queue_job(browser, title=f"Page {number}") for number in range(JOBS)]
    wait_until(lambda: len(lab.pages() - before) >= JOBS // 4, "some jobs are done", 60)
    worker.kill()
    lab.running_worker()
    jobs = [wait_for_job(browser, address) for address in addresses]
    assert [job["result"] for job in jobs if job["failed"]] == []
    assert lab.pages() - before == {job["result"]["url"].rpartition("/")[-1] for job in jobs}
    assert len(lab.pages() - before) == JOBS


def test_a_server_that_is_stopped_and_started_again(lab, server, browser, worker):
    before = lab.pages()
    address = lab.started_job(browser, pause=2)
    server.stop()
    worker.wait_for(lambda: "the database server is away" in worker.output(), "it finds nobody", 30)
    server.start()
    wait_until(lambda: answers(browser, lab.site_url), "the instance answers again", 30)
    job = wait_for_job(browser, address)
    assert not job["failed"]
    assert len(lab.pages() - before) == 1
    assert not wait_for_job(browser, lab.queue_job(browser, title="Afterwards"))["failed"]


def answers(browser, address):
    try:
        return browser.get(address)
    except OSError:
        return None
