"""``jobs.json`` and ``manage-job-error``, as scripts of version 1 know them."""

import json
import re
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from overview_fixtures import agent_of
from page_fixtures import MANAGERS
from page_fixtures import NOBODY
from page_fixtures import THEIRS
from page_fixtures import USERS
from ZODB.utils import u64
from zope.component.hooks import setSite

from plone.app.async_ import Job
from plone.app.async_.overview.ids import id_of
from zc.async_.interfaces import KEY
from zc.async_.job import Job as EngineJob
from zc.async_.queue import Queue
from zc.async_.retry import NeverRetry
from zc.async_.retry import RetryWithBackoff


EVIL = """<script>alert("x")</script>'"><img src=x onerror=alert(1)>"""
GROUPS = ("queued", "active", "dead", "completed")
KEYS = {"id", "callable", "args", "status", "progress", "failure"}
LOCAL = r"\d\d:\d\d:\d\d [AP]M, \d{4}-\d\d-\d\d"


def add(context, one, two=0):
    return one + two


def fail(context, message):
    raise ValueError(message)


def plain(*args):
    return None


@pytest.fixture
def told(reader):
    """What ``jobs.json`` answers."""

    def told(parameters="", user="manager"):
        return json.loads(reader(user).open(f"jobs.json{parameters}"))

    return told


def one_of(told, group):
    (entry,) = told()[group]
    assert entry.keys() > KEYS
    return entry


def test_P35_its_shape(reader, service, folder):
    service.queueJob(add, folder, 40, two=2)
    transaction.commit()
    manager = reader("manager")
    told = json.loads(manager.open("jobs.json"))
    assert manager.browser.headers["content-type"].partition(";")[0] == "application/json"
    assert manager.browser.headers["x-content-type-options"] == "nosniff"
    assert {*told} == {*GROUPS, "totals"}
    assert [len(told[group]) for group in GROUPS] == [1, 0, 0, 0]
    assert told["totals"]["queued"] == {"number": 1, "is_exact": True, "further": None}


def test_K84_a_waiting_job(told, service, folder):
    job = service.queueJob(add, folder, 40, two=2)
    transaction.commit()
    entry = one_of(told, "queued")
    assert entry["id"] == u64(job._p_oid)
    assert entry["callable"] == f"{__name__}.add"
    assert entry["args"] == "Args: one=40, two=2"
    assert re.fullmatch(f"Queued at {LOCAL}", entry["status"])
    assert datetime.fromisoformat(entry["queued_at"]) == job.queued_at
    assert entry["progress"] == entry["failure"] == "" and entry["error_url"] is None


def test_K84_a_scheduled_job(told, service, folder):
    moment = datetime.now(timezone.utc) + timedelta(days=1)
    service.queueJobWithDelay(None, moment, add, folder, 1)
    transaction.commit()
    entry = one_of(told, "queued")
    assert re.fullmatch(f"Scheduled for {LOCAL}", entry["status"])
    assert datetime.fromisoformat(entry["begin_after"]) == moment


def test_K84_a_job_that_is_tried_again(told, queue, folder, work):
    queue.put(Job(fail, folder, "Not yet"), retry_policy_factory=RetryWithBackoff)
    work()
    entry = one_of(told, "queued")
    assert re.fullmatch(f"Retry #1 scheduled for {LOCAL}", entry["status"])
    assert entry["failure"] == "ValueError: Not yet" and entry["error_url"] is None


def test_K84_a_job_at_work(told, service, queue, folder):
    job = service.queueJob(add, folder, 1)
    job.annotations["progress"] = 0.42
    agent = agent_of(queue)
    transaction.commit()
    agent.claimJob()
    transaction.commit()
    entry = one_of(told, "active")
    assert re.fullmatch(f"(Started|Queued) at {LOCAL}", entry["status"])
    assert entry["progress"] == "42%"


def test_K84_a_failed_job_that_is_never_tried_again(told, reader, queue, folder, work):
    job = queue.put(Job(fail, folder, "No"), retry_policy_factory=NeverRetry)
    work()
    entry = one_of(told, "dead")
    assert re.fullmatch(f"Completed at {LOCAL}", entry["status"])
    assert entry["failure"] == "ValueError: No"
    assert entry["error_url"] == f"http://nohost/plone/manage-job-error?id={id_of(job)}"


def test_K84_a_job_that_was_not_started_in_time(told, service, queue, folder):
    job = service.queueJobWithDelay(timedelta(microseconds=1), None, add, folder, 1)
    agent = agent_of(queue)
    transaction.commit()
    assert agent.claimJob() is job
    job.fail()  # as a worker does that finds it too late
    agent.file_completed()
    transaction.commit()
    assert one_of(told, "dead")["failure"].startswith("TimeoutError")


def test_P37_all_kinds_of_jobs_of_all_queues_of_this_site(told, service, queue, folder, site, other_site, work):
    service.getQueues()["other"] = Queue()
    transaction.commit()
    expected = [
        service.queueJob(add, folder, 1),
        queue.put(Job(plain)),
        queue.put(Job(plain, Job(plain), Job(plain))),
        service.queueJobInQueue("other", (), add, folder, 1),
    ]
    queue.put(EngineJob(plain))
    setSite(other_site)
    service.queueJob(plain, other_site)
    setSite(site)
    transaction.commit()
    assert {entry["id"] for entry in told()["queued"]} == {u64(job._p_oid) for job in expected}
    assert "other" in {entry["queue"] for entry in told()["queued"]}


def test_P36_nothing_is_markup(told, service, folder, work):
    service.queueJob(fail, folder, EVIL)
    work()
    entry = one_of(told, "dead")
    assert entry["failure"] == f"ValueError: {EVIL}"
    assert EVIL in entry["args"].replace("\\", "")


def test_P39_ten_thousand_completed_jobs_are_paged(told, queue):
    agent = agent_of(queue)
    for number in range(10_000):
        job = Job(plain, number)
        queue._p_jar.add(job)
        job.finished(agent, None, datetime.now(timezone.utc), number)
        agent.completed.add(job)
    transaction.commit()
    first, second = told("?b_size=2")["completed"], told("?b_size=2&b_start=2")["completed"]
    assert [entry["args"] for entry in first + second] == [f"Args: {number}" for number in range(9999, 9995, -1)]
    answer = told()
    assert len(answer["completed"]) == 100 and not answer["totals"]["completed"]["is_exact"]
    assert answer["dead"] == [] and answer["totals"]["dead"]["further"] >= 5000


@pytest.mark.parametrize("wrong", ["b_start=-1", "b_start=x", "b_size=0", "b_size:list=1", "offset=x"])
def test_parameters_without_a_meaning(reader, wrong):
    manager = reader("manager")
    answer = json.loads(manager.open(f"jobs.json?{wrong}"))
    assert manager.status == 400 and "error" in answer


@pytest.mark.parametrize("address", ["jobs.json", "manage-job-error?id=1"])
def test_P35_who_may_ask(reader, their_manager, address):
    answers = {}
    for user in USERS:
        one = reader(user)
        one.open(address)
        answers[user] = one.status
    assert {user for user, status in answers.items() if status != 401} == MANAGERS
    assert answers[NOBODY] == answers[THEIRS] == 401


def test_P38_the_error_of_a_job(reader, service, folder, work):
    job = service.queueJob(fail, folder, EVIL)
    work()
    manager = reader("manager")
    text = manager.open(f"manage-job-error?id={id_of(job)}")
    assert manager.browser.headers["content-type"] == "text/plain; charset=utf-8"
    assert manager.browser.headers["x-content-type-options"] == "nosniff"
    assert text.startswith("Traceback (most recent call last):") and f"ValueError: {EVIL}" in text


def test_P38_no_error(reader, service, site, other_site, folder, work):
    fine = service.queueJob(add, folder, 1)
    setSite(other_site)
    theirs = service.queueJob(fail, other_site, "x")
    setSite(site)
    work()
    manager = reader("manager")
    for wrong in (id_of(fine), id_of(theirs), str(u64(site._p_oid)), "0", "x", "", "9" * 30):
        manager.open(f"manage-job-error?id={wrong}")
        assert manager.status == 404, wrong
    manager.open("manage-job-error")
    assert manager.status == 404


def test_reading_writes_nothing(told, site):
    before = site._p_jar.db().lastTransaction()
    assert told()["queued"] == []
    assert KEY not in site._p_jar.root()
    assert site._p_jar.db().lastTransaction() == before
