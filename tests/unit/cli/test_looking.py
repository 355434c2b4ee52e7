"""What the program shows, and that it writes nothing meanwhile."""

import dataclasses
import operator
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import sample_jobs
from command_line import WORKER
from command_line import id_of
from command_line import put
from command_line import put_plain
from command_line import start_worker
from command_line import work_off

from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Board
from zc.async_ import clock


@pytest.fixture
def jobs(change):
    """Jobs in all states, by what they are."""
    found = {}
    with change() as queue:
        failed, done = put_plain(queue, operator.truediv, 1, 0), put_plain(queue, operator.add, 1, 2)
        work_off(queue)
        found.update(failed=id_of(failed), done=id_of(done))
        found["later"] = id_of(
            put_plain(queue, operator.mul, 2, 3, begin_after=datetime.now(timezone.utc) + timedelta(hours=1))
        )
        found["ann"] = put(queue, sample_jobs.add, 1, password="hunter2")
        found["bob"] = put(queue, sample_jobs.add, 2, user="bob", site="other")
    return found


def ids(answer):
    return {line.split()[0] for line in answer.lines[1:]}


# status


def test_status_is_a_table(run, jobs):
    answer = run("status")

    assert answer.code == 0
    head, row = (line.split() for line in answer.lines[:2])
    shown = dict(zip(head, row, strict=True))
    assert (shown["QUEUE"], shown["STATE"], shown["WAITING"], shown["FAILED/h"]) == ("default", "open", "3", "1")
    assert "Workers: 1 alive, 0 dead, 0 stopped" in answer.lines


def test_status_counts_a_job_as_ended_at_once(run, change):
    with change() as queue:
        put_plain(queue, operator.add, 1, 2)
        agent = start_worker(queue)
        job = agent.claimJob()
        queue._p_jar.transaction_manager.commit()
        job()

    (queue,) = run("status", "--json").json["queues"]
    assert queue["jobs"] == {"waiting": 0, "scheduled": 0, "active": 0, "kept": 1}


def test_status_as_json_is_the_figures_of_the_read_model(run, change, jobs):
    now = datetime.now(timezone.utc)
    clock.set_source(lambda: now)
    try:
        answer = run("status", "--json")
        with change() as queue:
            figures = Board.of_queues(queue._p_jar, EVERYTHING).figures()
    finally:
        clock.set_source(None)

    asdict = dataclasses.asdict(figures)
    assert answer.json == {**asdict, "queues": [{**each, "quotas": list(each["quotas"])} for each in asdict["queues"]]}


# jobs


def test_all_jobs_are_listed_with_whole_lines(run, jobs):
    answer = run("jobs")

    assert ids(answer) == set(jobs.values())
    line = next(line for line in answer.lines if line.startswith(jobs["failed"]))
    assert line.split()[:3] == [jobs["failed"], "failed", "_operator.truediv"]
    assert line.endswith("ZeroDivisionError: division by zero")
    assert answer.err == "5 of 5 jobs\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--state", "failed"], {"failed"}),
        (["--state", "failed", "--state", "scheduled"], {"failed", "later"}),
        (["--user", "bob"], {"bob"}),
        (["--site", "/Plone"], {"ann"}),
        (["--site", "other"], {"bob"}),
        (["--site", "none"], {"failed", "done", "later"}),
        (["--callable", "sample_jobs.ADD"], {"ann", "bob"}),
        (["--queue", "default"], {"failed", "done", "later", "ann", "bob"}),
        (["--queue", "nosuch"], set()),
        (["--text", "division"], {"failed"}),
        (["--since", "1h", "--state", "failed"], {"failed"}),
        (["--until", "1h"], set()),
        (["--until", "2020-01-01"], set()),
        (["--since", "2020-01-01T10:00", "--user", "ann"], {"ann"}),
    ],
)
def test_filters(run, jobs, words, expected):
    answer = run("jobs", *words)

    assert answer.code == 0
    assert ids(answer) == {jobs[name] for name in expected}


def test_pages(run, jobs):
    first = run("jobs", "--limit", "2")
    second = run("jobs", "--limit", "200", "--start", "2")

    assert "for more: --start 2" in first.err
    assert len(ids(first)) == 2
    assert ids(first) | ids(second) == set(jobs.values())


def test_jobs_as_json(run, jobs):
    answer = run("jobs", "--json", "--state", "failed")

    assert (answer.json["total"], answer.json["is_exact"], answer.json["more"]) == (1, True, None)
    (job,) = answer.json["items"]
    assert (job["id"], job["state"], job["callable"]) == (jobs["failed"], "failed", "_operator.truediv")


# show


def test_a_job_with_its_traceback(run, jobs):
    answer = run("show", jobs["failed"])

    assert "state       failed" in answer.lines
    assert "  b = 0" in answer.lines
    assert answer.lines[-1].strip() == "ZeroDivisionError: division by zero"


def test_a_job_that_waits_tells_why_and_no_secrets(run, jobs):
    answer = run("show", jobs["ann"])

    assert "hunter2" not in answer.out
    assert "  password = ••••" in answer.lines
    assert "Arguments" in answer.lines
    assert "user        ann" in answer.lines


def test_a_job_as_json(run, jobs):
    data = run("show", "--json", jobs["failed"]).json

    assert (data["id"], data["failure"]["type"]) == (jobs["failed"], "ZeroDivisionError")
    assert data["failure"]["traceback"].endswith("division by zero")
    assert [event["what"] for event in data["timeline"]] == ["queued", "started", "ended"]


@pytest.mark.parametrize("job", ["99999", "x", "0", "1"])
def test_no_such_job(run, jobs, job):
    answer = run("show", job)

    assert (answer.code, answer.out, answer.err) == (1, "", f"plone-async: there is no job {job}\n")


def test_a_job_of_another_site_is_not_shown(run, jobs):
    assert run("show", jobs["ann"], "--site", "/other").code == 1


# workers and quotas


def test_workers(run, change, jobs):
    answer = run("workers")

    assert answer.lines[1].split()[:2] == [str(WORKER), "alive"]
    assert "worker-1" in answer.out
    (worker,) = run("workers", "--json").json
    assert (worker["uuid"], worker["process"]["pid"]) == (str(WORKER), 4711)


def test_dead_and_stopped_workers(run, change):
    with change() as queue:
        start_worker(queue)
    with clock.ahead(timedelta(days=1)):
        assert run("workers").lines[1].split()[1] == "dead"
    with change() as queue:
        queue.dispatchers[WORKER].deactivate()
    assert run("workers").lines[1].split()[1] == "stopped"


def test_quotas(run, jobs):
    assert run("quota").lines[1].split() == ["default", "default", "1", "0", "-"]
    assert run("quota", "--json").json == [
        {"queue": "", "quotas": [{"name": "default", "size": 1, "used": 0, "holders": []}]}
    ]


# Nothing is written


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("status", "--json"),
        ("jobs",),
        ("show", "1"),
        ("workers",),
        ("quota",),
        ("check",),
    ],
    ids=" ".join,
)
def test_looking_writes_nothing(run, home, jobs, words):
    words = [jobs["failed"] if word == "1" else word for word in words]
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}

    assert run(*words).code in (0, 1)

    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
