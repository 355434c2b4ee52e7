"""What plone.observability tells of queues, workers and this process."""

import json
import re
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import transaction
from overview_fixtures import agent_of
from zope.component import getAdapters

from plone.app.async_.observability.kinds import HISTOGRAM
from plone.app.async_.observability.kinds import KINDS
from plone.app.async_.observability.kinds import PREFIX
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


REFERENCE = Path(__file__).parents[3] / "docs/reference/metrics.rst"


def work_well(context):
    return 42


def work_badly(context):
    raise ValueError("too bad")


def test_jobs_by_queue_and_state(service, queue, folder, work, samples):
    service.queueJob(work_well, folder)
    service.queueJob(work_badly, folder)
    service.queueJobWithDelay(None, datetime.now(timezone.utc) + timedelta(days=1), work_well, folder)
    work()
    service.queueJob(work_well, folder)
    found = samples()
    states = {state: found["jobs", "", state] for state in ("waiting", "scheduled", "active", "ended")}
    assert states == {"waiting": 1, "scheduled": 1, "active": 0, "ended": 2}
    assert found["oldest_waiting_seconds", ""] > 0
    assert (found["last_hour_jobs", "", "succeeded"], found["last_hour_jobs", "", "failed"]) == (1, 1)
    assert found["last_hour_waited_seconds", ""] >= 0
    assert found["last_hour_ran_seconds", ""] >= 0


def test_a_queue_where_nobody_waits_says_so(queue, samples):
    found = samples()
    assert (found["oldest_waiting_seconds", ""], found["queue_paused", ""]) == (0, 0)
    assert not [key for key in found if key[0] == "last_hour_ran_seconds"]


def test_paused_queues_quotas_threads_and_workers(service, queue, folder, samples):
    agent = agent_of(queue)
    service.queueJob(work_well, folder)
    agent.claimJob()
    queue.paused = True
    found = samples()
    assert found["queue_paused", ""] == 1
    assert (found["quota_size", "", "default"], found["quota_used", "", "default"]) == (1, 1)
    assert (found["threads", "", "busy"], found["threads", "", "free"]) == (1, 2)
    workers = [found["workers", state] for state in ("alive", "dead", "stopped")]
    assert workers == [1, 0, 0]


def test_what_this_process_has_done(service, folder, worker, samples):
    good, bad = service.queueJob(work_well, folder), service.queueJob(work_badly, folder)
    transaction.commit()
    for job in (good, bad):
        wait_for_result(job, 30)
    wait_until(lambda: samples()["run_time_seconds_count", ""] == 2, 10, lambda: f"{samples()}")
    found = samples()
    assert (found["outcomes_total", "", "succeeded"], found["outcomes_total", "", "failed"]) == (1, 1)
    for histogram in ("start_latency_seconds", "run_time_seconds"):
        assert found[f"{histogram}_bucket", "", "+Inf"] == found[f"{histogram}_count", ""] == 2
        assert found[f"{histogram}_sum", ""] >= 0
    assert found["process_threads", "", "busy"] + found["process_threads", "", "free"] == 3
    assert 0 <= found["last_poll_seconds",] < 10


def test_the_page_is_as_prometheus_wants_it(service, queue, folder, work, scrape):
    service.queueJob(work_well, folder)
    work()
    page = scrape()
    ours = [line for line in page.splitlines() if PREFIX in line]
    names = [re.match(r"(?:# (?:HELP|TYPE) )?(\w+)", line)[1] for line in ours]
    groups = [name for name, before in zip(names, [None, *names], strict=False) if name != before]
    assert len(groups) == len(set(groups)), "values of one name stand together"
    samples = [re.sub(r" \S+$", "", line) for line in ours if not line.startswith("#")]
    assert len(samples) == len(set(samples)), "no value is there twice"


def test_an_odd_name_of_a_queue_does_not_spoil_the_page(service, queue, samples):
    service.getQueues()['odd "name"\n\\'] = type(queue)()
    assert samples()["jobs", r"odd \"name\"\n\\", "waiting"] == 0


def test_neither_ids_nor_names_of_people_are_labels(service, queue, folder, work, scrape):
    job = service.queueJob(work_badly, folder)
    work()
    ours = [line for line in scrape().splitlines() if PREFIX in line]
    labels = {label for line in ours for label in re.findall(r"(\w+)=", line)}
    assert labels <= {"scope", "queue", "state", "quota", "outcome", "commit", "le"}
    assert "test_user" not in "".join(ours)
    assert job.title not in "".join(ours)


def test_json(queue, scrape):
    found = [each for each in json.loads(scrape("@@metrics?format=json")) if each["name"].startswith(PREFIX)]
    assert {"name", "value", "type", "scope", "help"} <= set(found[0])


def test_where_nobody_has_queued_a_job_nothing_is_written(functional, samples):
    from plone.app.async_.queues import existing_queues

    assert samples()["workers", "alive"] == 0
    assert existing_queues(functional["app"]._p_jar) is None


def documented():
    """Name, type, scope and labels of each metric of the reference."""
    text = REFERENCE.read_text("utf-8")
    for name, kind, scope, labels in re.findall(
        r"\* - ``(\w+)``\n     - (\w+)\n     - (\w+)\n     - (.*)\n     - .+\n", text
    ):
        yield name, kind, scope, tuple(re.findall(r"``(\w+)``", labels))


def test_the_reference_has_all_metrics():
    assert sorted(documented()) == sorted((PREFIX + each.name, each.type, each.scope, each.labels) for each in KINDS)


def test_nothing_is_told_that_the_reference_does_not_have(service, queue, folder, work, functional):
    from plone.observability.interfaces import IMetricProvider

    service.queueJob(work_well, folder)
    work()
    known = {PREFIX + each.name + ending for each in KINDS for ending in endings(each)}
    told = {
        metric.name
        for name, provider in getAdapters((functional["app"],), IMetricProvider)
        if name.startswith("plone.app.async.")
        for metric in provider.collect()
    }
    assert told <= known
    assert len(told) > 10


def endings(kind):
    return ("_bucket", "_sum", "_count") if kind.type == HISTOGRAM else ("",)
