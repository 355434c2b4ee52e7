"""The command ``async``, about a dispatcher at work."""

import uuid

import pytest
import sample_jobs
from asking import answer
from asking import ask
from ZODB.utils import u64

from zc.async_ import instanceuuid
from zc.async_.monitor import async_
from zc.async_.testing import get_poll
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


@pytest.fixture
def dispatcher(dispatch):
    """The dispatcher of this instance."""
    return dispatch(uid=instanceuuid.current())


@pytest.fixture
def run(dispatcher, put):
    """Have a job done, and give its id."""

    def run(function, *args):
        job = put(function, *args)
        wait_for_result(job)
        wait_until(lambda: dispatcher.getJobInfo(u64(job._p_oid))["completed"], 6, lambda: "never ended")
        return job_id(job)

    return run


def job_id(job):
    return [u64(job._p_oid), "unnamed"]


def test_M22_status(dispatcher):
    get_poll(dispatcher, 0)
    told = answer(async_, "status")
    assert {*told} == {"poll interval", "status", "time since last poll", "uptime", "uuid"}
    assert told["status"] == "RUNNING"
    assert told["poll interval"] == {"seconds": 5.0}
    assert told["uuid"] == str(dispatcher.UUID)


def test_M22_status_of_a_stopped_dispatcher(dispatcher):
    dispatcher.deactivate()
    told = answer(async_, "status")
    assert (told["status"], told["uptime"], told["time since last poll"]) == ("STOPPED", None, None)


def test_another_dispatcher_of_the_process(dispatcher, dispatch):
    other = dispatch(activate=False)
    assert answer(async_, f"status uuid:{other.UUID}")["status"] == "STARTING"
    unknown = uuid.uuid4()
    for tool in ("status", "jobs", "job 1", "jobstats", "poll", "polls"):
        assert ask(async_, *f"{tool} uuid:{unknown}".split()) == f"[No dispatcher {unknown} runs in this process]\n"
        assert ask(async_, *f"{tool} uuid:x".split()) == "[Not a UUID: x]\n"


def test_M23_jobs_of_a_queue_and_an_agent(dispatcher, put, wait_for_arrival, release):
    job = put(sample_jobs.hold, "one")
    wait_for_arrival("one")
    wait_until(lambda: answer(async_, "jobs"), 6, lambda: "never began")
    assert [answer(async_, f"jobs{names}") for names in ("", " queue:", " agent:main", " queue: agent:main")] == [
        [job_id(job)]
    ] * 4
    assert [answer(async_, f"jobs {names}") for names in ("queue:other", "agent:other", "queue: agent:other")] == [
        []
    ] * 3


JOB_KEYS = {
    "agent",
    "call",
    "completed",
    "failed",
    "poll id",
    "queue",
    "quota names",
    "reassigned",
    "result",
    "started",
    "thread",
}


def test_M24_a_job_that_succeeded(run):
    number, database = run(sample_jobs.add, 1)
    told = answer(async_, f"job {number}")
    assert {*told} == JOB_KEYS
    assert "sample_jobs.add(1)" in told["call"]
    assert (told["result"], told["failed"], told["queue"], told["agent"]) == ("3", False, "", "main")
    assert told["started"].endswith("Z")
    assert answer(async_, f"job {number} {database}") == told


def test_M24_a_job_that_failed(run):
    number, _ = run(sample_jobs.fail)
    told = answer(async_, f"job {number}")
    assert told["failed"] is True
    assert told["result"].startswith("Traceback")
    assert "ValueError: broken" in told["result"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [("job 99999", "unknown job"), ("job 99999 other", "unknown job"), ("job x", "OID must be a number, not 'x'")],
)
def test_M24_an_unknown_job(dispatcher, words, complaint):
    with pytest.raises(ValueError, match=complaint):
        ask(async_, *words.split())


def test_M25_jobstats(run):
    good, bad = run(sample_jobs.add, 1), run(sample_jobs.fail)
    told = answer(async_, "jobstats")
    start, end = told.pop("statistics start"), told.pop("statistics end")
    assert start.endswith("Z") and end.endswith("Z") and start >= end
    assert told == {
        "started": 2,
        "successful": 1,
        "failed": 1,
        "unknown": 0,
        "longest active": None,
        "shortest active": None,
        "longest failed": bad,
        "shortest failed": bad,
        "longest successful": good,
        "shortest successful": good,
    }


@pytest.mark.parametrize(
    ("limits", "started"),
    [
        ("since:1H", 1),
        ("since:1H before:0S", 1),
        ("at:0S since:1H", 1),
        ("queue: agent:main", 1),
        ("before:1H", 0),
        ("at:1H", 0),
        ("queue:other", 0),
        ("agent:other", 0),
    ],
)
def test_M25_jobstats_of_some_polls(run, limits, started):
    run(sample_jobs.add, 1)
    assert answer(async_, f"jobstats {limits}")["started"] == started


@pytest.mark.parametrize("tool", ["jobstats", "poll", "polls"])
def test_M25_at_and_before_exclude_each_other(dispatcher, tool):
    with pytest.raises(ValueError, match="may only provide one of `at` and `before`"):
        ask(async_, tool, "at:1M", "before:1M")


def test_M26_poll(dispatcher, run):
    job = run(sample_jobs.add, 1)
    key = answer(async_, f"job {job[0]}")["poll id"]
    told = answer(async_, f"poll at:{key}")
    assert {*told} == {"key", "time", "results"}
    assert told["key"] == key
    assert told["time"].endswith("Z")
    assert told["results"] == {"": {"main": {"active jobs": [], "error": None, "len": 0, "new jobs": [job], "size": 3}}}


@pytest.fixture
def journal(dispatcher, stopped_clock):
    """Polls of the last half hour, one every five minutes; the newest has lost a queue, and an agent that fails."""
    dispatcher.deactivate()
    dispatcher.journal.clear()
    agent = {"size": 3, "len": 0, "error": None, "new jobs": [], "active jobs": []}
    for minutes in range(30, 0, -5):
        dispatcher.journal.passed({"": {"main": {**agent, "new jobs": [(minutes, "unnamed")]}}}, [])
        stopped_clock.advance(minutes=5)
    try:
        raise ValueError("what a filter")
    except ValueError:
        dispatcher.journal.failed({"": {"main": agent}, "reports": None})
    return dispatcher.journal


def times(line):
    return [poll["time"][11:16] for poll in answer(async_, line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("polls", ["10:30", "10:25", "10:20"]),
        ("polls count:1", ["10:30"]),
        ("polls count:0 before:20M", ["10:05", "10:00"]),
        ("polls count:0 at:20M", ["10:10", "10:05", "10:00"]),
        ("polls since:10M", ["10:30", "10:25", "10:20"]),
        ("polls since:20M count:2", ["10:30", "10:25"]),
        ("polls since:10M before:5M", ["10:20"]),
        ("polls since:10M at:5M", ["10:25", "10:20"]),
    ],
)
def test_M26_polls(journal, line, expected):
    assert times(line) == expected


def test_M26_a_poll_with_an_error_and_a_queue_that_is_not_ours(journal):
    results = answer(async_, "poll")["results"]
    assert results["reports"] is None
    assert "what a filter" in results[""]["main"]["error"]
    assert answer(async_, "jobstats")["unknown"] == 6


def test_M27_the_key_of_a_poll_is_a_time(journal):
    keys = [poll["key"] for poll in answer(async_, "polls count:0")]
    assert answer(async_, f"poll at:{keys[3]}")["key"] == keys[3]
    assert answer(async_, f"poll before:{keys[3]}")["key"] == keys[4]
    assert [poll["key"] for poll in answer(async_, f"polls since:{keys[3]} before:{keys[1]}")] == keys[2:4]
    assert answer(async_, f"jobstats since:{keys[3]} before:{keys[1]}")["started"] == 2


@pytest.mark.parametrize("word", ["count:x", "count:-1", "at:5m5", "since:soon"])
def test_a_value_without_a_meaning(dispatcher, word):
    with pytest.raises(ValueError):
        ask(async_, "polls", word)


def test_an_unknown_keyword(dispatcher):
    with pytest.raises(TypeError):
        ask(async_, "status", "color:red")
