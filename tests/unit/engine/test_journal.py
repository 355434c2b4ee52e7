"""What a dispatcher tells about itself, and what it does with agents and queues that come and go."""

import threading
import uuid
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import sample_jobs
import transaction
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import ConflictError
from ZODB.utils import u64

from zc.async_ import dispatcher as dispatchers
from zc.async_ import pools
from zc.async_.agent import Agent
from zc.async_.dispatcher import PollInfo
from zc.async_.dispatcher import getId
from zc.async_.interfaces import KEY
from zc.async_.job import Job
from zc.async_.journal import TRUNCATED
from zc.async_.journal import Journal
from zc.async_.journal import Start
from zc.async_.pool import Assignment
from zc.async_.queue import Queue
from zc.async_.statistics import summarize
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until
from zc.async_.timekeys import dt_to_long


class Owner:
    poll_interval = 5


@pytest.fixture
def journal():
    return Journal(Owner(), jobs_size=3, polls_size=5)


def picture(new=(), active=(), size=3, error=None, queue="", agent="main"):
    agents = {agent: {"size": size, "len": len(active), "error": error, "new jobs": [*new], "active jobs": [*active]}}
    return {queue: agents}


def start(number, key=1, database="unnamed", queue="", agent="main"):
    return Start((number, database), key, queue, agent, ())


def passed(journal, *numbers, active=()):
    starts = [start(number) for number in numbers]
    journal.passed(picture([one.job_id for one in starts], active), starts)


# Passes


def test_E103_poll_info_has_the_documented_shape(db, queue, put, dispatch, release):
    queue.parent["other"] = Queue()
    transaction.commit()
    one = dispatch(activate=False, queue_names=[""])
    one.poll()
    job = put(sample_jobs.hold, "shape")
    one.poll()
    job_id = (u64(job._p_oid), "unnamed")
    agent = {"size": 3, "len": 0, "error": None, "new jobs": [job_id], "active jobs": []}
    info = one.polls.first()
    assert info == {"": {"main": agent}, "other": {}}
    assert isinstance(info, PollInfo)
    assert isinstance(info.key, int)
    assert info.utc_timestamp.tzinfo is None
    one.poll()
    assert one.journal._latest[""]["main"] == {**agent, "len": 1, "new jobs": [], "active jobs": [job_id]}


def test_E103_before_there_are_queues_the_picture_is_empty(db, dispatch):
    one = dispatch(activate=False)
    one.poll()
    assert [*one.polls] == [{}]


def test_E103_a_queue_that_another_process_took_over_is_none(connection, queue, dispatch):
    one = dispatch(activate=False)
    one.poll()
    transaction.begin()
    queue.dispatchers[one.UUID].deactivate()
    queue.dispatchers[one.UUID].activate()
    transaction.commit()
    one.poll()
    assert one.polls.first() == {"": None}
    assert one.queues == {}


def test_passes_that_were_woken_for_nothing_are_not_recorded(stopped_clock, journal):
    passed(journal, 1)
    for active in ([], [(1, "unnamed")], []):
        stopped_clock.advance(milliseconds=1)
        passed(journal, active=active)
    assert len(journal.polls) == 1
    stopped_clock.advance(seconds=5)
    passed(journal)
    assert len(journal.polls) == 2


def test_changes_of_queues_agents_sizes_and_errors_are_recorded(stopped_clock, journal):
    for number, seen in enumerate([{}, picture(), picture(size=4), picture(size=4, error="x"), {"": None}], 1):
        journal.passed(seen, ())
        journal.passed(seen, ())
        assert len(journal.polls) == number


def test_passes_that_start_jobs_are_all_recorded_and_the_oldest_go(stopped_clock, journal):
    for number in range(8):
        stopped_clock.advance(seconds=1)
        passed(journal, number)
    assert [poll[""]["main"]["new jobs"][0][0] for poll in journal.iter_polls()] == [7, 6, 5, 4, 3]
    assert journal.recorded == 8


def test_polls_are_traced_when_they_change(stopped_clock, journal, log):
    for _ in range(2):
        stopped_clock.advance(seconds=6)
        journal.passed(picture(), ())
    (record,) = [record for record in log.records if record.getMessage().startswith("poll ")]
    assert (record.name, record.levelname) == ("zc.async.trace", "DEBUG")


@pytest.fixture
def six_polls(stopped_clock, journal):
    journal.polls.size = 100
    moments = []
    for number in range(6):
        stopped_clock.advance(minutes=1)
        passed(journal, number)
        moments.append(stopped_clock.time)
    return moments


@pytest.mark.parametrize("naive", [True, False])
@pytest.mark.parametrize("as_key", [True, False])
def test_E107_K46_ranges_of_polls_are_exact(journal, six_polls, naive, as_key):
    polls = [*journal.iter_polls()]
    assert [poll.utc_timestamp for poll in polls] == [moment.replace(tzinfo=None) for moment in reversed(six_polls)]

    def point(number):
        if as_key:
            return polls[5 - number].key
        return six_polls[number].replace(tzinfo=None) if naive else six_polls[number]

    def numbers(**terms):
        return [poll[""]["main"]["new jobs"][0][0] for poll in journal.iter_polls(**terms)]

    assert numbers(at=point(3)) == [3, 2, 1, 0]
    assert numbers(before=point(3)) == [2, 1, 0]
    assert numbers(since=point(3)) == [5, 4, 3]
    assert numbers(since=point(1), before=point(4)) == [3, 2, 1]
    assert numbers(since=point(1), at=point(4), count=2) == [4, 3]


def test_E107_get_poll_info(db):
    one = dispatchers.Dispatcher(db, uuid=uuid.uuid4())
    with pytest.raises(ValueError, match="no poll"):
        one.getPollInfo()
    one.journal.passed({}, ())
    newest = one.polls.first()
    assert one.getPollInfo() is one.getPollInfo(at=newest.key) is newest
    with pytest.raises(ValueError, match="no poll"):
        one.getPollInfo(before=newest.key)
    with pytest.raises(ValueError, match="may only provide one of `at` and `before`"):
        one.getPollInfo(at=1, before=1)
    with pytest.raises(ValueError, match="count"):
        one.iterPolls(count=-1)


# Jobs


def test_E107_job_info_has_the_documented_shape(put, dispatch, release):
    one = dispatch()
    job = put(sample_jobs.hold, "info")
    wait_for_start(job)
    wait_until(one.getActiveJobIds, 5, lambda: "not begun")
    assert one.getActiveJobIds() == one.getActiveJobIds("", "main") == [getId(job)]
    assert one.getActiveJobIds("other") == one.getActiveJobIds(agent="other") == []
    info = one.getJobInfo(u64(job._p_oid))
    assert (info["result"], info["failed"], info["completed"], info["reassigned"]) == (None, False, None, False)
    assert info["call"] == repr(job)
    assert (info["agent"], info["queue"], info["quota names"]) == ("main", "", ())
    assert info["started"].tzinfo is None
    assert info["thread"].isdigit()
    assert getId(job) in one.getPollInfo(at=info["poll id"])[""]["main"]["new jobs"]
    release("info")
    wait_for_result(job)
    wait_until(lambda: not one.getActiveJobIds(), 5, lambda: "not ended")
    info = one.getJobInfo(u64(job._p_oid), "unnamed")
    assert (info["result"], info["failed"], info["reassigned"]) == ("'info'", False, False)
    assert info["started"] <= info["completed"]
    assert one.jobs == {getId(job): info}


def test_E108_long_results_are_cut(put, dispatch):
    one = dispatch(size=1)
    jobs = [put(sample_jobs.fail, "x" * 20000), put("x".__mul__, 20000), put("x".__mul__, 9000)]
    for job in jobs:
        wait_for_result(job)
    wait_until(lambda: one.jobs and all(info["completed"] for info in one.jobs.values()), 5, lambda: "not ended")
    failed, long, short = (one.getJobInfo(u64(job._p_oid)) for job in jobs)
    assert failed["failed"]
    assert failed["result"].startswith("Traceback (most recent call last)")
    assert len(failed["result"]) == len(long["result"]) == 10000 + len(TRUNCATED)
    assert long["result"].endswith("\n[...TRUNCATED...]")
    assert short["result"] == repr("x" * 9000)


def test_D8_finished_jobs_are_limited_and_those_in_work_are_kept(journal):
    passed(journal, 99)
    journal.begins((99, "unnamed"), 1, "long")
    for number in range(10):
        passed(journal, number)
        journal.begins((number, "unnamed"), 1, "short")
        journal.ends((number, "unnamed"), 1, number)
    assert [number for number, _ in journal.jobs] == [7, 8, 9, 99]


def test_K48_unknown_is_not_ambiguous(journal):
    starts = [start(1), start(1, database="async")]
    journal.passed(picture([one.job_id for one in starts]), starts)
    with pytest.raises(ValueError, match="unknown job"):
        journal.job(2)
    with pytest.raises(ValueError, match="unknown job"):
        journal.job(1, "other")
    with pytest.raises(ValueError, match="ambiguous database name"):
        journal.job(1)
    assert journal.job(1, "async")["reassigned"] is False


@pytest.mark.parametrize("seen", [{}, {"": None}, {"": {}}, picture()])
def test_D11_a_job_that_its_agent_has_no_more_is_reassigned(journal, seen):
    passed(journal, 1)
    journal.begins((1, "unnamed"), 1, "call")
    assert journal.job(1)["reassigned"] is False
    passed(journal, active=[(1, "unnamed")])
    assert journal.job(1)["reassigned"] is False
    journal.passed(seen, ())
    assert journal.job(1)["reassigned"] is True
    assert journal.jobs[1, "unnamed"]["reassigned"] is False, "the memory itself is unchanged"


def test_a_failed_pass_does_not_make_jobs_look_reassigned(journal):
    passed(journal, 1)
    try:
        raise ClientDisconnected("away")
    except ClientDisconnected:
        journal.failed(journal._latest)
    assert journal.job(1)["reassigned"] is False
    assert journal.polls.first()[""]["main"]["error"].check(ClientDisconnected)
    assert journal.polls.first()[""]["main"]["new jobs"] == []


def test_K49_active_jobs_are_sorted_newest_first(stopped_clock, journal):
    passed(journal, 1, 2, 3, 4)
    for number in (2, 3, 1):
        stopped_clock.advance(seconds=1)
        journal.begins((number, "unnamed"), 1, "call")
    assert [number for number, _ in journal.active()] == [1, 3, 2]


def test_K24_a_reassigned_job_is_not_counted_as_completed(queue, put, dispatch, release, wait_for_arrival):
    one = dispatch(size=1)
    job = put(sample_jobs.hold, "taken")
    wait_for_arrival("taken")
    wait_until(one.getActiveJobIds, 5, lambda: "not begun")
    queue.dispatchers[one.UUID].deactivate()
    job.retry_policy_factory = None
    queue.paused = True
    transaction.commit()
    release("taken")
    wait_until(lambda: not one.getActiveJobIds(), 5, lambda: "not ended")
    info = one.jobs[getId(job)]
    assert (info["reassigned"], info["completed"], info["result"]) == (True, None, None)
    assert (one.getStatistics()["successful"], one.getStatistics()["unknown"]) == (0, 1)


def test_two_runs_of_one_job_are_kept_apart(journal):
    job_id = (1, "unnamed")
    for key in (1, 2):
        journal.passed(picture([job_id]), [start(1, key)])
        journal.begins(job_id, key, f"run {key}")
    journal.loses(job_id, 1)
    assert (journal.jobs[job_id]["call"], journal.jobs[job_id]["reassigned"]) == ("run 2", False)
    journal.ends(job_id, 2, "done")
    assert journal.jobs[job_id]["result"] == "'done'"


def test_a_new_start_forgets_the_former_life(put, dispatch):
    one = dispatch()
    job = put(sample_jobs.add, 1)
    wait_for_result(job)
    one.deactivate()
    assert getId(job) in one.jobs, "what happened can be looked up after the end"
    assert len(one.polls) > 0
    one.prepare()
    assert one.jobs == {}
    assert len(one.polls) == 0


# Statistics


def test_E107_statistics(stopped_clock, journal):
    journal._ended.size = journal.polls.size = 10
    for number in range(1, 6):
        passed(journal, number)
        journal.begins((number, "unnamed"), 1, "call")
    for number in (1, 2, 3, 4):
        stopped_clock.advance(seconds=1)
        journal.ends((number, "unnamed"), 1, journal_failure() if number > 2 else number)
    journal.passed({"": None, "new": {}}, ())
    newest, *_, oldest = journal.iter_polls()
    assert summarize([*journal.iter_polls()], journal.jobs, stopped_clock.time.replace(tzinfo=None)) == {
        "started": 5,
        "successful": 2,
        "failed": 2,
        "unknown": 0,
        "shortest successful": (1, "unnamed"),
        "longest successful": (2, "unnamed"),
        "shortest failed": (3, "unnamed"),
        "longest failed": (4, "unnamed"),
        "shortest active": (5, "unnamed"),
        "longest active": (5, "unnamed"),
        "statistics start": newest.utc_timestamp,
        "statistics end": oldest.utc_timestamp,
    }


def journal_failure():
    try:
        raise ValueError("failed")
    except ValueError:
        from zc.async_.twist import Failure

        return Failure()


def test_K47_statistics_of_nothing(db):
    one = dispatchers.Dispatcher(db, uuid=uuid.uuid4())
    one.journal.passed({"": None}, ())
    statistics = one.getStatistics(queue="", agent="main")
    assert (statistics["started"], statistics["unknown"], statistics["longest active"]) == (0, 0, None)


def test_statistics_can_be_limited(journal):
    starts = [start(1), start(2, queue="other"), start(3, agent="mail")]
    seen = picture([(1, "unnamed")])
    seen[""] |= picture([(3, "unnamed")], agent="mail")[""]
    seen |= picture([(2, "unnamed")], queue="other")
    journal.passed(seen, starts)
    polls = [*journal.iter_polls()]

    def started(**terms):
        return summarize(polls, journal.jobs, datetime.max, **terms)["started"]

    assert (started(), started(queue=""), started(agent="mail"), started(queue="other", agent="mail")) == (3, 2, 1, 0)


def test_jobs_that_are_forgotten_are_unknown(journal):
    passed(journal, 1)
    assert summarize([*journal.iter_polls()], {}, datetime.max)["unknown"] == 1


# Status


def test_K50_status(db, stopped_clock):
    one = dispatchers.Dispatcher(db, uuid=uuid.uuid4(), poll_interval=5)
    assert one.getStatusInfo()["status"] == "STOPPED"
    one.prepare()
    assert one.getStatusInfo()["status"] == "STARTING"
    stopped_clock.advance(seconds=60)
    assert one.getStatusInfo()["status"] == "STUCK"
    one.poll()
    stopped_clock.advance(seconds=8)
    info = one.getStatusInfo()
    assert (info["status"], info["time since last poll"], info["uptime"]) == (
        "RUNNING",
        timedelta(seconds=8),
        timedelta(seconds=68),
    )
    one.deactivate()
    assert one.getStatusInfo() == {
        "status": "STOPPED",
        "poll interval": timedelta(seconds=5),
        "time since last poll": None,
        "uptime": None,
        "uuid": one.UUID,
    }


# Agents and queues that go


def named(name):
    return {thread for thread in threading.enumerate() if thread.name == f"zc.async {name}"}


def test_E105_K44_a_removed_agent_takes_its_threads_along(queue, put, dispatch, release):
    one = dispatch(size=1, poll_interval=3600)
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    transaction.begin()
    record = queue.dispatchers[one.UUID]
    record["second"] = Agent(size=2)
    transaction.commit()
    wait_until(lambda: len(named("second")) == 2, 5, lambda: "not started")
    main = one.queues[""]["main"]
    del record["second"]
    transaction.commit()
    wait_until(lambda: not named("second"), 5, lambda: "not ended")
    assert one.queues == {"": {"main": main}}
    del record["main"]
    transaction.commit()
    wait_until(lambda: one.queues == {}, 5, lambda: str(one.queues))
    record["main"] = Agent(size=1)
    transaction.commit()
    assert wait_for_result(put(sample_jobs.add, 1)) == 3


def test_K45_a_removed_queue_takes_its_threads_along_once(db, connection, queue, put, dispatch, log):
    connection.root()[KEY]["other"] = other = Queue()
    transaction.commit()
    before = db.getPoolSize()
    one = dispatch(size=2)
    wait_until(lambda: set(one.queues) == {"", "other"}, 5, lambda: str(one.queues))
    main = one.queues[""]["main"]
    for _ in range(3):
        del connection.root()[KEY]["other"]
        transaction.commit()
        wait_until(lambda: set(one.queues) == {""}, 5, lambda: str(one.queues))
        assert one.queues[""]["main"] is main
        connection.root()[KEY]["other"] = other = Queue()
        transaction.commit()
        wait_until(lambda: set(one.queues) == {"", "other"}, 5, lambda: str(one.queues))
    job = other.put(Job(sample_jobs.add, 1))
    transaction.commit()
    assert wait_for_result(job) == 3
    assert log.text.count("its threads end") == 3
    assert db.getPoolSize() == before + 5
    assert [record for record in log.records if record.levelname in ("ERROR", "CRITICAL")] == []


def test_a_job_of_a_removed_queue_is_finished(connection, queue, put, dispatch, release):
    connection.root()[KEY]["other"] = other = Queue()
    transaction.commit()
    job = other.put(Job(sample_jobs.hold, "orphan"))
    transaction.commit()
    one = dispatch(size=1)
    wait_for_start(job)
    del connection.root()[KEY]["other"]
    connection.root()["orphan"] = job
    transaction.commit()
    wait_until(lambda: set(one.queues) == {""}, 5, lambda: str(one.queues))
    wait_until(lambda: len(one._pools._ending) == 1, 5, lambda: "not remembered")
    release("orphan")
    assert wait_for_result(job) == "orphan"
    wait_until(lambda: one.wake() or not one._pools._ending, 5, lambda: "threads are kept")


def test_K45_a_thousand_passes_leave_nothing_behind(queue, dispatch, stopped_clock):
    one = dispatch(activate=False, size=1)
    for _ in range(1000):
        stopped_clock.advance(seconds=5)
        one.poll()
    assert len(one.polls) == 400
    assert len(one._pools._pools) == 1
    assert len(one._pools._ending) == len(one.jobs) == 0
    assert isinstance(one._pools, pools.Pools)


# What goes wrong in a pass


def broken(job):
    raise LookupError("broken filter")


def leave(job):
    raise SystemExit("leave")


def test_a_broken_filter_harms_its_own_agent_only(queue, put, dispatch, log):
    one = dispatch(size=1, activate=False)
    one.poll()
    transaction.begin()
    record = queue.dispatchers[one.UUID]
    record["broken"] = Agent(filter=broken)
    transaction.commit()
    serial = record["broken"]._p_serial
    jobs = [put(sample_jobs.add, number) for number in range(3)]
    for job in jobs:
        wait_until(one.poll, 5, lambda: "nothing is claimed")  # threads come free after the result is there
        wait_for_result(job)
        assert one.polls.first()[""]["main"]["error"] is None
    put(sample_jobs.add, 1)
    record["main"].size = 0
    transaction.commit()
    one.poll()
    one.poll()
    error = one.polls.first()[""]["broken"]["error"]
    assert error.check(LookupError)
    transaction.begin()
    assert record["broken"]._p_serial == serial, "nothing of it is written"
    (logged,) = [record for record in log.records if record.levelname == "ERROR"]
    assert logged.getMessage() == "agent 'broken' in queue '' cannot choose jobs"
    record["broken"].filter = None
    transaction.commit()
    one.poll()
    assert one.polls.first()[""]["broken"]["error"] is None


def test_K61_whatever_happens_in_a_pass_is_one_record_and_the_thread_goes_on(queue, put, dispatch, log):
    one = dispatch(poll_interval=0.05, filter=leave)
    job = put(sample_jobs.add, 1)
    wait_until(lambda: "could not look for jobs" in log.text, 5, lambda: log.text)
    (first, *_) = [record for record in log.records if record.levelname == "CRITICAL"]
    assert first.name == "zc.async.events"
    assert first.exc_info[0] is SystemExit
    transaction.begin()
    queue.dispatchers[one.UUID]["main"].filter = None
    transaction.commit()
    assert wait_for_result(job) == 3


@pytest.mark.parametrize("error", [ClientDisconnected, ConflictError, RuntimeError])
def test_E111_errors_of_the_database_do_not_stop_the_passes(queue, put, dispatch, log, monkeypatch, error):
    one = dispatch(poll_interval=0.05)
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    failures = [error("no")] * 7

    def step(*args):
        if failures:
            raise failures.pop()
        return original(*args)

    original = one._heartbeat.step
    monkeypatch.setattr(one._heartbeat, "step", step)
    assert wait_for_result(put(sample_jobs.add, 1)) == 3
    assert failures == []
    serious = [record for record in log.records if record.levelname in ("ERROR", "CRITICAL")]
    assert len(serious) == (0 if error is ConflictError else 7)
    if error is not ConflictError:
        assert any(
            info["error"] is not None and info["error"].check(error)
            for poll in one.polls
            for info in (poll[""] or {}).values()
        )


def test_get_id(connection):
    assert getId(connection.root()) == (0, "unnamed")


def test_polls_may_be_asked_for_by_any_aware_time(journal):
    passed(journal, 1)
    later = datetime.now(timezone(timedelta(hours=5))) + timedelta(seconds=1)
    assert [*journal.iter_polls(at=later)] == [*journal.iter_polls()]
    assert journal.polls.first().key - dt_to_long(journal.polls.first().utc_timestamp) == 15


# Agents and their jobs


def test_E101_an_agent_with_jobs_is_neither_added_nor_removed(queue, put, dispatch, release):
    one = dispatch(size=1)
    job = put(sample_jobs.hold, "busy")
    wait_for_start(job)
    record = queue.dispatchers[one.UUID]
    agent = record["main"]
    for act in (
        lambda: record.pop("main"),
        lambda: record.__delitem__("main"),
        lambda: record.__setitem__("main", Agent()),
    ):
        with pytest.raises(ValueError, match="cannot remove an agent with active jobs"):
            act()
    with pytest.raises(ValueError, match="cannot add an agent with active jobs"):
        record["other"] = agent
    with pytest.raises(ValueError, match="value must be IAgent"):
        record["other"] = job
    release("busy")
    wait_for_result(job)
    del record["main"]


def test_E104_a_restart_after_a_clean_stop_works_at_once(queue, put, dispatch, log):
    identity = uuid.uuid4()
    one = dispatch(uid=identity)
    assert wait_for_result(put(sample_jobs.add, 1)) == 3
    one.deactivate()
    dispatchers.pop(identity)
    dispatch(uid=identity, poll_interval=3600)
    assert wait_for_result(put(sample_jobs.add, 2)) == 4
    assert [record for record in log.records if record.levelname in ("WARNING", "ERROR", "CRITICAL")] == []


def test_E109_a_completed_job_that_is_offered_to_a_worker_is_moved_off_its_agent(queue, put, dispatch, log):
    one = dispatch(size=1, activate=False)
    one.poll()
    job = put(sample_jobs.mark, "twice")
    agent = queue.dispatchers[one.UUID]["main"]
    ((claim,), _) = agent.claim_jobs(1)
    now = dispatchers.clock.now()
    job.finished(agent, now, now, "done")
    transaction.commit()
    one.queues[""]["main"].run(Assignment(job._p_oid, claim.key, "unnamed"))
    wait_until(lambda: "was reassigned" in log.text, 5, lambda: log.text)
    assert [record.levelname for record in log.records if "was reassigned" in record.getMessage()] == ["ERROR"]
    other = put(sample_jobs.add, 1)
    wait_until(one.poll, 5, lambda: "nothing is claimed")
    assert wait_for_result(other) == 3
    assert job in [*agent.completed]
    assert (job.result, "twice" in job._p_jar.root()) == ("done", False)
