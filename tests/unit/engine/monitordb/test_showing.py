"""How jobs are shown, and figures about them."""

from datetime import timedelta

import pytest
import sample_jobs
import transaction
from agents_by_hand import ONE
from agents_by_hand import start
from agents_by_hand import work
from asking import ask
from asking import asks
from asking import ids
from ZODB.utils import u64

from zc.async_.job import Job
from zc.async_.monitordb import asyncdb


DETAILS = {
    "active",
    "active end",
    "active start",
    "agent",
    "args",
    "begin after",
    "callbacks",
    "dispatcher",
    "failed",
    "initial callbacks end",
    "kwargs",
    "queue",
    "quota names",
    "repr",
    "result",
    "status",
    "wait",
}


def number(job):
    return u64(job._p_oid)


def test_M38_display(put):
    job = put(sample_jobs.add, 1)
    assert asks("jobs pending") == asks("jobs pending display:Default") == ids(job)
    assert asks("jobs pending display:REPR") == [repr(job)]
    assert asks("jobs pending display:details") == [asks(f"job {number(job)}")]
    with pytest.raises(ValueError, match='display must be one of "default", "details", or "repr", not \'detail\''):
        asks("jobs pending display:detail")


def test_M43_details_of_a_pending_job(queue, stopped_clock):
    job = Job(sample_jobs.add, 17, b="EUR")
    callback, proxy = job.addCallback(sample_jobs.add), job.addCallbacks(success=sample_jobs.add)
    queue.put(job)
    transaction.commit()
    stopped_clock.advance(seconds=2)
    assert asks(f"job {number(job)}") == {
        **dict.fromkeys(DETAILS),
        "args": ["17"],
        "begin after": "2026-03-01T10:00:00Z",
        "callbacks": [
            *ids(callback),
            f"zc.async_.callbacks.SuccessFailureCallbackProxy (oid {number(proxy)}, db 'unnamed')",
        ],
        "failed": False,
        "kwargs": {"b": "'EUR'"},
        "queue": "",
        "quota names": [],
        "repr": repr(job),
        "result": "None",
        "status": "pending",
        "wait": {"seconds": 2.0},
    }


def test_M43_details_of_a_failed_job(agent, put, stopped_clock):
    put(sample_jobs.fail)
    stopped_clock.advance(seconds=90)
    work(agent)
    told = asks("lastcompleted")
    assert {*told} == DETAILS
    assert (told["agent"], told["dispatcher"], told["failed"], told["status"]) == ("main", str(ONE), True, "completed")
    assert told["wait"] == {"minutes": 1, "seconds": 30.0}
    assert told["active"] == {"seconds": 0.0}
    assert told["active start"] == told["active end"] == told["initial callbacks end"] == "2026-03-01T10:01:30Z"
    assert told["result"].startswith("Traceback: <class 'ValueError'>: broken\n")


def test_K67_a_job_that_is_not_due_has_not_waited(put, stopped_clock):
    job = put(sample_jobs.add, 1, begin_after=stopped_clock() + timedelta(hours=1))
    assert asks(f"job {number(job)}")["wait"] == {"seconds": 0.0}


def test_M48_jobstats(agent, put, stopped_clock):
    quick = put(sample_jobs.add, 1)
    stopped_clock.advance(seconds=1)
    work(agent)
    slow, waits = put(sample_jobs.add, 2), put(sample_jobs.add, 3)
    start(agent)
    stopped_clock.advance(minutes=2)
    assert asks("jobstats pending active completed") == {
        "pending": 1,
        "assigned": 0,
        "active": 1,
        "callbacks": 0,
        "succeeded": 1,
        "failed": 0,
        "longest active": [{"minutes": 2}, *ids(slow)],
        "shortest active": [{"seconds": 0.0}, *ids(quick)],
        "longest wait": [{"minutes": 2}, *ids(waits)],
        "shortest wait": [{"seconds": 0.0}, *ids(slow)],
    }


def test_M48_display_of_jobstats(agent, put):
    job = put(sample_jobs.add, 1)
    start(agent)
    assert asks("jobstats active display:repr")["longest active"][1] == repr(job)
    assert {*asks("jobstats active display:details")["longest active"][1]} == DETAILS
    assert asks("jobstats pending failed")["longest wait"] is None


def test_M48_a_job_that_was_never_started_has_only_waited(put, stopped_clock):
    job = put(sample_jobs.add, 1)
    stopped_clock.advance(seconds=3)
    job.cancel()
    transaction.commit()
    told = asks("jobstats completed")
    assert told["failed"] == 1
    assert told["longest active"] is None
    assert told["longest wait"] == [{"seconds": 3.0}, *ids(job)]


def test_M44_traceback(agent, put):
    put(sample_jobs.fail)
    failed = str(number(work(agent)))
    assert ask(asyncdb, "traceback", failed, "detail:brief").startswith("Traceback: <class 'ValueError'>: broken\n")
    assert ask(asyncdb, "traceback", failed, "detail:verbose").startswith("*--- Failure #")
    text = ask(asyncdb, "traceback", failed, "unnamed")
    assert text.startswith("Traceback (most recent call last):\n")
    assert text == ask(asyncdb, "traceback", failed, "detail:default")
    with pytest.raises(ValueError, match='detail must be one of "brief", "default", or "verbose", not \'long\''):
        ask(asyncdb, "traceback", failed, "detail:long")


def test_M44_a_job_that_has_not_failed_has_no_traceback(agent, put):
    put(sample_jobs.add, 1)
    assert ask(asyncdb, "traceback", str(number(work(agent)))) == "null\n"


@pytest.mark.parametrize("tool", ["job", "traceback"])
def test_K66_M45_a_number_that_is_no_job(connection, tool):
    connection.root()["secret"] = secret = sample_jobs.Counter()
    transaction.commit()
    for wrong in (0, number(secret), 99999, 2**64):
        told = ask(asyncdb, tool, str(wrong))
        assert told == f"[There is no job {wrong} in the database 'unnamed']\n"
    assert ask(asyncdb, tool, "1", "other") == "[There is no database 'other']\n"
    with pytest.raises(ValueError, match="OID must be a number, not 'x'"):
        ask(asyncdb, tool, "x")
