"""``plone-async`` beside a ZEO server, an instance and a worker."""

import json
import signal
import subprocess
import threading

import pytest
from cluster import wait_until
from command_line import PROGRAM
from command_line import ask
from demo.scenario import wait_for_job


pytestmark = pytest.mark.functional


@pytest.fixture(params=["zope.conf", "address"])
def on(request, lab):
    """How the queues are named."""
    if request.param == "zope.conf":
        return "-C", str(lab.worker.configuration)
    return "--zeo", f"127.0.0.1:{lab.zeo.port}"


def id_in(address):
    return address.rpartition("=")[2]


def test_a_job_is_seen(lab, browser, worker, on):
    address = lab.queue_job(browser, title="Seen from a terminal")
    wait_for_job(browser, address)

    job = ask("show", id_in(address), "--json", *on).json
    assert (job["state"], job["user_id"], job["site"]) == ("succeeded", "editor", "/Plone")
    assert job["callable"] == "plone.app.asyncdemo.page.jobs.create_page"
    listed = ask("jobs", "--site", "/Plone", "--user", "editor", "--since", "5m", *on)
    assert listed.lines[1].split()[:2] == [id_in(address), "succeeded"]
    assert ask("jobs", "--site", "/other", *on).err == "0 of 0 jobs\n"


def test_the_worker_is_seen(worker, on):
    (alive,) = [each for each in ask("workers", "--json", *on).json if each["is_alive"]]
    assert alive["process"]["pid"] == worker.pid
    answer = ask("check", *on)
    assert (answer.code, answer.out) == (0, "No problems found.\n")


def test_what_is_done_in_a_terminal_holds_for_the_worker(lab, browser, worker, on):
    assert ask("pause", *on).code == 0
    try:
        waiting, cancelled = (id_in(lab.queue_job(browser, title=title)) for title in ("Held up", "Not wanted"))
        assert "The queue is paused." in ask("show", waiting, *on).out
        answer = ask("check", *on)
        assert answer.code == 1
        assert "is paused; jobs that wait in it: 2." in answer.out
        assert ask("cancel", cancelled, "--reason", "enough", "--as", "Ann", *on).err == f"{cancelled}: cancelled\n"
    finally:
        assert ask("resume", *on).code == 0

    wait_until(lambda: ask("show", waiting, "--json", *on).json["state"] == "succeeded", "it was worked on", 30)
    assert "by Ann: enough" in ask("show", cancelled, *on).out
    assert ask("purge", cancelled, *on).code == 0
    assert ask("show", cancelled, *on).code == 1


def test_tail_tells_of_jobs_until_it_is_interrupted(lab, browser, worker, on):
    tail = subprocess.Popen([PROGRAM, "tail", "--json", *on], stdout=subprocess.PIPE, text=True)
    for_people = subprocess.Popen([PROGRAM, "tail", *on], stdout=subprocess.PIPE, text=True)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(tail.stdout.readline, "")))
    reader.start()
    try:

        def begun():
            lab.queue_job(browser, title="Is it listening?")
            return lines

        wait_until(begun, "it tells something", 60)
        job = id_in(lab.queue_job(browser, title="Another", pause="0.2"))

        def told():
            happened = [json.loads(line) for line in list(lines)]
            return [each["what"] for each in happened if each["job"]["id"] == job]

        wait_until(lambda: told() == ["queued", "started", "ended"], "it tells of the job", 30)
        tail.send_signal(signal.SIGINT)
        assert tail.wait(20) == 130
        shown = next(line for line in for_people.stdout if f" {job} " in line and "succeeded" in line)
        assert "create_page" in shown and "  ran " in shown
        for_people.send_signal(signal.SIGINT)
        assert for_people.wait(20) == 130
    finally:
        for_people.kill()
        for_people.communicate()
        tail.kill()
        tail.wait(10)
        reader.join(10)
        tail.stdout.close()
