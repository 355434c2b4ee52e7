"""What ``check`` finds, and what it says of it."""

import operator
import sys
import types
from datetime import timedelta
from uuid import UUID

import pytest
from command_line import WORKER
from command_line import put_plain
from command_line import start_worker
from command_line import work_off
from command_line import write_conf
from command_line import written

from zc.async_ import clock
from zc.async_.processinfo import ProcessInfo


OTHER = UUID("87654321-1234-4234-8234-123456789abc")


@pytest.fixture
def found(run):
    """The findings about the queues, by their codes."""

    def found(**ahead):
        with clock.ahead(timedelta(**ahead)):
            answer = run("check", "--json")
        findings = {finding["code"]: finding for finding in answer.json}
        findings.pop("uuid-missing", None)
        assert answer.code == any(finding["is_problem"] for finding in findings.values())
        assert all(finding[name].endswith(".") for finding in findings.values() for name in ("what", "why"))
        return findings

    return found


def test_all_is_well(run, change, found):
    with change() as queue:
        start_worker(queue)
        put_plain(queue, operator.add, 1, 2)

    assert found() == {}
    answer = run("check")
    assert answer.code == 0
    assert answer.lines[-1] == "No problems found."


def test_no_queues(run, home):
    with written(home):
        pass

    answer = run("check")

    assert answer.code == 1
    assert answer.lines[0] == "PROBLEM   There are no queues in this database."
    assert [line.split()[0] for line in answer.lines[:3]] == ["PROBLEM", "why", "do"]
    assert answer.lines[-1] == "1 problem found."


def test_no_worker_ever(change, found):
    with change() as queue:
        put_plain(queue, print)

    assert set(found()) == {"no-worker"}
    assert "jobs that wait: 1" in found()["no-worker"]["why"]


def test_no_worker_now(change, found):
    with change() as queue:
        start_worker(queue)
        queue.dispatchers[WORKER].deactivate()

    assert set(found(minutes=10)) == {"no-worker-alive"}
    assert "sign of life of one is 10 minutes old" in found(minutes=10)["no-worker-alive"]["what"]


def test_a_worker_is_silent_while_another_works(change, found):
    with change() as queue:
        put_plain(queue, print)
        start_worker(queue).claim_jobs(1)
        start_worker(queue, OTHER, "worker-2")
        with clock.ahead(timedelta(minutes=9)):
            # Without a look at its sibling, which would be rescued.
            queue.dispatchers[OTHER].last_ping.micros = clock.to_micros(clock.now())

    assert set(found(minutes=9)) >= {"worker-silent"}
    what = found(minutes=9)["worker-silent"]["what"]
    assert f"Worker {WORKER} (process 4711 on host worker-1) has not polled for 9 minutes." in what
    assert "in hand: 1." in what


def test_a_quota_is_held_by_a_dead_worker(change, found):
    with change() as queue:
        for _ in range(2):
            put_plain(queue, print, quota_names=("default",))
        agent = start_worker(queue)
        ((claim,), _) = agent.claim_jobs(3)
        holder = str(int.from_bytes(claim.job._p_oid, "big"))

    assert "quota-held-by-the-dead" not in found()
    finding = found(minutes=9)["quota-held-by-the-dead"]
    assert (finding["jobs"], finding["queue"]) == ([holder], "")
    assert "'default'" in finding["what"]


def test_clocks(change, found):
    with change() as queue:
        start_worker(queue)
    assert found() == {}

    with change() as queue, clock.ahead(timedelta(minutes=5)):
        queue.dispatchers.ping(WORKER)
    assert "is 5 minutes ahead of" in found(minutes=5)["clock-skew"]["what"]
    assert "at least 5 minutes behind" in found(minutes=-5)["clock-here"]["what"]

    with change() as queue, clock.ahead(timedelta(seconds=-20)):
        queue.dispatchers.ping(WORKER)
    assert "is 20 seconds behind" in found()["clock-skew"]["what"]


def test_what_another_wrote_of_a_dead_worker_says_nothing_of_its_clock(change, found):
    with change() as queue:
        start_worker(queue)
    with change() as queue, clock.ahead(timedelta(minutes=9)):
        start_worker(queue, OTHER)
        queue.dispatchers.ping(OTHER)
        assert queue.dispatchers[WORKER].activated is None

    assert str(WORKER) not in str(found(minutes=9).get("clock-skew"))


def test_two_processes_with_one_identity(change, found):
    with change() as queue:
        start_worker(queue)
        queue.dispatchers[WORKER].note_ousted(ProcessInfo("copy", 9, 0, "2.0.0"))

    what = found()["two-processes"]["what"]
    assert "process 4711 on host worker-1 works, process 9 on host copy runs on idle" in what


def test_versions_differ(change, found):
    with change() as queue:
        start_worker(queue, version="2.0.0")
        start_worker(queue, OTHER, version="2.1.0")

    assert not found()["versions-differ"]["is_problem"]


def test_an_unknown_quota(change, found):
    with change() as queue:
        start_worker(queue)
        queue.quotas.create("mail", 1)
        put_plain(queue, print, quota_names=("mail",))
        queue.quotas.remove("mail")

    assert "'mail'" in found()["quota-unknown"]["what"]


def test_a_paused_queue(run, change, found):
    with change() as queue:
        start_worker(queue)
    run("pause", "--as", "Ann")
    assert found() == {}

    with change() as queue:
        put_plain(queue, print)
    assert "that wait in it: 1. Ann paused it 0 seconds ago." in found()["paused"]["what"]


def test_nobody_takes_a_job(change, found):
    with change() as queue:
        queue.parent.ping_death_interval = timedelta(minutes=5)
        start_worker(queue)
        put_plain(queue, print)
    assert found() == {}

    finding = found(seconds=90)["nobody-takes"]
    assert "90 seconds" in finding["what"]
    assert len(finding["jobs"]) == 1


@pytest.fixture
def addon(change):
    """A module that is gone once the block of the queue has ended."""
    module = types.ModuleType("gone_addon")
    exec("def work(): pass", vars(module))
    sys.modules["gone_addon"] = module
    yield module
    sys.modules.pop("gone_addon", None)


def test_jobs_wait_that_cannot_be_imported_here(change, found, addon):
    with change() as queue:
        start_worker(queue)
        put_plain(queue, addon.work)
    del sys.modules["gone_addon"]

    finding = found()["not-importable-here"]
    assert "this program cannot import gone_addon.work" in finding["what"]
    assert not finding["is_problem"]


def test_jobs_failed_that_the_worker_could_not_import(change, found, addon):
    with change() as queue:
        put_plain(queue, addon.work)
    del sys.modules["gone_addon"]
    with change() as queue:
        work_off(queue)

    finding = found()["not-importable"]
    assert "this worker cannot import gone_addon.work" in finding["what"]
    assert len(finding["jobs"]) == 1
    assert "not-importable" not in found(days=2)


# The configuration of a process


ROLE = """<configure xmlns="http://namespaces.zope.org/zope">
  <include package="plone.app.async" file="{}" />
</configure>"""


@pytest.fixture
def configured(run, home, change):
    """The findings about files."""
    with change() as queue:
        start_worker(queue)

    def configured(role=None, **options):
        if role:
            (home / "etc/package-includes").mkdir(exist_ok=True)
            (home / "etc/package-includes/999-additional-overrides.zcml").write_text(ROLE.format(role))
        write_conf(home, **options)
        return {finding["code"]: finding["is_problem"] for finding in run("check", "--json").json}

    return configured


def test_a_process_without_identity(configured, home, monkeypatch):
    assert configured() == {"uuid-missing": False}
    assert configured("single_db_instance.zcml") == {"uuid-missing": False}
    assert configured("single_db_worker.zcml") == {"uuid-missing": True}
    assert configured("single_db.zcml") == {"uuid-missing": True}
    monkeypatch.setenv("ZC_ASYNC_UUID", str(home / "var/uuid.txt"))
    assert configured() == {}


def test_a_file_that_is_no_identity(configured, home):
    file = home / "var/uuid.txt"
    assert configured(environment=[("ZC_ASYNC_UUID", file)]) == {}, "it is made on the first start"
    file.write_text("12345678-1234-4234-8234-123456789abc\nexplanation\n")
    assert configured(environment=[("ZC_ASYNC_UUID", file)]) == {}
    file.write_text("nonsense")
    assert configured(environment=[("ZC_ASYNC_UUID", file)]) == {"uuid-unusable": True}


def test_the_role_wants_another_database(configured, home, monkeypatch):
    monkeypatch.setenv("ZC_ASYNC_UUID", str(home / "var/uuid.txt"))
    assert configured("multi_db_worker.zcml") == {"database-missing": True}
    with written(home, "async"):
        pass
    assert configured("multi_db_worker.zcml", databases=("main", "async")) == {}
