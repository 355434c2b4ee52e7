"""Putting, order, withdrawing and claiming."""

import threading
from datetime import timedelta

import pytest
import sample_jobs
import transaction
import zope.component
from ZODB.POSException import ConflictError
from zope.interface.verify import verifyObject

from zc.async_ import instanceuuid
from zc.async_.agent import Agent
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import IUUID
from zc.async_.interfaces import KEY
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import IQueue
from zc.async_.interfaces import JobNotPicklable
from zc.async_.job import Job
from zc.async_.queue import Queue
from zc.async_.queue import Queues


@pytest.fixture
def put(queue):
    """Queue a job that answers ``name``, and commit."""

    def put(name, quota_names=(), priority=0, **terms):
        job = Job(str, name)
        job.quota_names = quota_names
        job.priority = priority
        queue.put(job, **terms)
        transaction.commit()
        return job

    return put


@pytest.fixture
def agent(queue):
    """An agent of an activated dispatcher."""
    record = queue.dispatchers.register(instanceuuid.current())
    record["main"] = agent = Agent(size=5)
    record.activate()
    transaction.commit()
    return agent


def names(jobs):
    return [job.args[0] for job in jobs]


def test_queue_fulfils_its_interface(queue):
    assert verifyObject(IQueue, queue)


def test_queues_hold_queues_only():
    with pytest.raises(ValueError, match="value must be IQueue"):
        Queues()["x"] = 1


def test_queues_know_name_and_parent(connection):
    queues = connection.root()[KEY]
    queues["other"] = other = Queue()
    assert (other.name, other.parent) == ("other", queues)
    assert queues.keys() == ["", "other"]
    del queues["other"]
    assert (other.name, other.parent) == (None, None)


def test_put_makes_a_job_pending(queue):
    job = queue.put(sample_jobs.add)
    assert isinstance(job, Job)
    assert (job.status, job.queue, job.agent) == (PENDING, queue, None)
    assert job._p_jar is queue._p_jar
    assert len(queue) == 1
    assert list(queue) == [job]


def test_a_plain_job_is_one_object(db, queue, put):
    put("first")
    count = len(db.storage)
    put("second")
    assert len(db.storage) == count + 1


def test_E77_order_is_first_come_first_served(queue, put):
    for number in range(40):
        put(number)
    assert names(queue) == list(range(40))
    assert queue[0].args[0] == 0
    assert queue[-1].args[0] == 39
    with pytest.raises(IndexError):
        queue[40]
    with pytest.raises(IndexError):
        queue[-41]


def test_E77_scheduled_jobs_wait_for_their_time(queue, put, stopped_clock, agent):
    soon = stopped_clock.time + timedelta(seconds=10)
    put("later", begin_after=soon + timedelta(seconds=10))
    put("soon", begin_after=soon)
    put("predated", begin_after=soon - timedelta(days=1))
    stopped_clock.advance(seconds=1)
    put("now")
    assert names(queue) == ["predated", "now", "soon", "later"]
    assert names(queue.claim_jobs(9)[0]) == ["predated", "now"]
    assert queue.next_due(stopped_clock.time) == soon
    stopped_clock.advance(seconds=10)
    put("newest")
    assert names(queue.claim_jobs(9)[0]) == ["soon", "newest"]
    assert len(queue) == 1


def test_higher_priority_goes_first(queue, put, agent):
    put("low", priority=-1)
    put("normal")
    put("high", priority=5)
    put("normal too")
    assert names(queue) == ["high", "normal", "normal too", "low"]
    assert names(queue.claim_jobs(9)[0]) == ["high", "normal", "normal too", "low"]


def test_priority_may_change_while_waiting(queue, put, agent):
    for name in "abc":
        put(name)
    assert names(queue.claim_jobs(1)[0]) == ["a"]
    list(queue)[1].priority = 1
    transaction.commit()
    assert names(queue.claim_jobs(9)[0]) == ["c", "b"]


def test_a_lane_is_a_set_of_quota_names(queue, put):
    queue.quotas.create("one")
    queue.quotas.create("two")
    put("a", ("one", "two"))
    put("b", ("two", "one"))
    put("c", ("one",))
    put("d")
    queue.claim_jobs(1, lambda job: False)
    assert sorted(queue.lanes.keys()) == [(), ("one",), ("one", "two")]


def test_quota_names_may_change_while_waiting(queue, put, agent):
    queue.quotas.create("one")
    job = put("a", ("one",))
    queue.claim_jobs(1, lambda job: False)
    job.quota_names = ()
    transaction.commit()
    assert len(queue) == 1
    assert queue.claim() is job


@pytest.mark.parametrize("claimed_before", [False, True], ids=["in a shard", "in a lane"])
@pytest.mark.parametrize("count", [3, 40])
def test_E79_withdrawing(queue, put, count, claimed_before):
    jobs = [put(number) for number in range(count)]
    if claimed_before:
        queue.claim_jobs(1, lambda job: False)
        transaction.commit()
    assert queue.pull() is jobs[0]
    assert queue.pull(-1) is jobs[-1]
    queue.remove(jobs[1])
    transaction.commit()
    assert names(queue) == list(range(2, count - 1))
    assert len(queue) == count - 3
    assert (jobs[0].status, jobs[0].assignerUUID, jobs[0].parent) == (NEW, None, None)
    with pytest.raises(LookupError, match="item not in queue"):
        queue.remove(jobs[0])
    queue.put(jobs[0])
    transaction.commit()
    assert names(queue)[-1] == 0


def test_a_scheduled_job_can_be_withdrawn(queue, put, stopped_clock):
    job = put("later", begin_after=stopped_clock.time + timedelta(1))
    queue.claim_jobs(1)
    queue.remove(job)
    assert len(queue) == 0
    with pytest.raises(IndexError):
        queue.pull()


def test_E80_a_queued_job_cannot_be_put_again(queue, put):
    job = put("a")
    with pytest.raises(ValueError, match="cannot add already-assigned job"):
        queue.put(job)


def test_E81_unknown_quota(queue):
    job = Job(sample_jobs.add)
    job.quota_names = ("absent",)
    with pytest.raises(ValueError, match="absent") as caught:
        queue.put(job)
    assert caught.value.args == ("unknown quota name", "absent")
    assert job.status == NEW


def test_E86_the_assigner_is_this_process(queue):
    identity = zope.component.queryUtility(IUUID) or instanceuuid.current()
    assert queue.put(sample_jobs.add).assignerUUID == identity


@pytest.mark.parametrize(
    ("job", "named"),
    [
        (lambda: lambda: 1, "callable"),
        (lambda: Job(sample_jobs.add, 1, threading.Lock()), r"args\[1\]"),
        (lambda: Job(sample_jobs.add, 1, b=[lambda: 1]), r"kwargs\['b'\]"),
    ],
)
def test_what_cannot_be_stored_is_refused_at_the_call(queue, job, named):
    with pytest.raises(JobNotPicklable, match=f"^{named} cannot be stored in the database"):
        queue.put(job())
    assert len(queue) == 0


def test_what_is_no_job_is_refused(queue):
    with pytest.raises(TypeError, match="Could not adapt"):
        queue.put(42)


def test_a_queue_outside_a_database_is_refused():
    with pytest.raises(ValueError, match="not in a database yet"):
        Queue().put(sample_jobs.add)


def test_E78_claim(queue, put, agent):
    assert queue.claim() is None
    assert queue.claim(default="nothing") == "nothing"
    put("a")
    job = put("b")
    assert queue.claim(lambda job: job.args[0] == "b") is job
    assert names(queue) == ["a"]


def test_claims_of_an_agent(queue, put, agent):
    job = put("a")
    other = put("b")
    assert agent.claimJob() is job
    transaction.commit()
    assert (job.status, job.agent, job.queue) == (ASSIGNED, agent, queue)
    agent.claim_jobs(3)
    transaction.commit()
    assert (other.status, other.agent) == (ACTIVE, agent)
    assert other.active_start is not None
    assert list(agent) == [job, other]
    assert len(queue) == 0


def test_E97_an_agent_takes_no_more_than_its_size(put, agent):
    for number in range(9):
        put(number)
    assert len(agent.claim_jobs(99)[0]) == 5
    assert agent.claim_jobs(99)[0] == []
    agent.size = 6
    assert len(agent.claim_jobs(99)[0]) == 1


def test_a_claim_does_not_write_the_job(put, agent):
    job = put("a")
    serial = job._p_serial
    agent.claim_jobs(1)
    transaction.commit()
    job._p_invalidate()
    assert job.status == ACTIVE
    assert job._p_serial == serial


def test_a_paused_queue_accepts_jobs_but_hands_out_none(queue, put, agent):
    queue.paused = True
    job = put("a")
    assert queue.claim() is None
    assert len(queue) == 1
    queue.paused = False
    assert queue.claim() is job


@pytest.mark.parametrize("size", [1, 3])
def test_E82_a_quota_limits_how_many_run(queue, put, agent, size):
    queue.quotas.create("q", size)
    jobs = [put(number, ("q",)) for number in range(5)]
    agent.claim_jobs(9)
    transaction.commit()
    assert list(agent) == jobs[:size]
    assert queue.quotas["q"].filled
    assert list(queue.quotas["q"]) == jobs[:size]


def test_E82_all_quotas_of_a_job_must_have_room(queue, put, agent):
    queue.quotas.create("a", 1)
    queue.quotas.create("b", 2)
    for wanted in (("a",), ("a", "b"), ("b",), ("b",), ("b",), ()):
        put(wanted, wanted)
    agent.claim_jobs(9)
    assert names(agent) == [("a",), ("b",), ("b",), ()]


def test_E82_a_removed_quota_limits_nobody(queue, put, agent):
    queue.quotas.create("q")
    put("a", ("q",))
    put("b", ("q",))
    queue.quotas.remove("q")
    agent.claim_jobs(9)
    assert names(agent) == ["a", "b"]


def test_E83_a_finished_job_frees_its_place(queue, put, agent):
    queue.quotas.create("q")
    first, second = put("a", ("q",)), put("b", ("q",))
    assert agent.claimJob() is first
    transaction.commit()
    first()
    assert not queue.quotas["q"].filled
    assert agent.claimJob() is second
    transaction.commit()
    assert list(queue.quotas["q"]) == [second]


def test_E83_E85_a_job_put_back_comes_first_and_keeps_its_place(queue, put, agent):
    queue.quotas.create("q")
    first = put("a", ("q",))
    put("b", ("q",), priority=9)
    put("c")
    assert agent.claimJob().args[0] == "b"
    transaction.commit()
    agent.give_back(agent.claims()[0], interrupted=False)
    transaction.commit()
    assert first.status == PENDING
    assert names(queue) == ["b", "a", "c"]
    assert queue.quotas["q"].filled
    agent.claim_jobs(9)
    assert names(agent) == ["b", "c"]


def test_E83_withdrawing_a_job_that_was_put_back_frees_its_place(queue, put, agent):
    queue.quotas.create("q")
    job = put("a", ("q",))
    agent.claimJob()
    agent.give_back(agent.claims()[0], interrupted=False)
    transaction.commit()
    queue.remove(job)
    assert not queue.quotas["q"].filled
    assert list(queue.quotas["q"]) == []


def test_E89_a_quota_is_true(queue):
    queue.quotas.create("q")
    assert queue.quotas["q"]
    assert queue.quotas.get("absent") is None
    with pytest.raises(ValueError, match="quota exists already"):
        queue.quotas.create("q")
    with pytest.raises(ValueError, match="at least 1"):
        queue.quotas.create("none", 0)


def test_E88_jobs_behind_a_full_quota_are_not_loaded(db, queue, put, agent):
    queue.quotas.create("q")
    for _ in range(200):
        job = Job(str, "blocked")
        job.quota_names = ("q",)
        queue.put(job)
    transaction.commit()
    agent.claimJob()
    transaction.commit()
    other = db.open(transaction.TransactionManager())
    same = other.root()[KEY][""]
    same.dispatchers[instanceuuid.current()]["main"].claim_jobs(3)
    loaded = [obj for _, obj in other._cache.lru_items() if isinstance(obj, Job) and obj._p_changed is not None]
    assert len(loaded) < 5
    other.close()


def test_two_connections_put_at_once_without_conflict(db, queue):
    managers = [transaction.TransactionManager() for _ in range(2)]
    connections = [db.open(manager) for manager in managers]
    for number in range(3):
        for manager, one in zip(managers, connections, strict=True):
            manager.begin()
            one.root()[KEY][""].put(Job(str, number))
        for manager in managers:
            manager.commit()
    transaction.begin()
    assert len(queue) == 6
    assert len(queue.shards) == 2
    for one in connections:
        one.close()


def test_a_put_and_a_claim_at_once_do_not_conflict(db, queue, put, agent):
    put("a")
    manager = transaction.TransactionManager()
    other = db.open(manager)
    other.root()[KEY][""].put(Job(str, "b"))
    agent.claimJob()
    transaction.commit()
    manager.commit()
    transaction.begin()
    assert names(queue) == ["b"]
    other.close()


def test_of_two_claims_of_one_job_one_conflicts(db, put, agent):
    put("a")
    manager = transaction.TransactionManager()
    other = db.open(manager)
    assert other.root()[KEY][""].claim() is not None
    agent.claimJob()
    transaction.commit()
    with pytest.raises(ConflictError):
        manager.commit()
    manager.abort()
    other.close()


def test_withdrawing_a_job_while_it_is_claimed_conflicts(db, put, agent):
    job = put("a")
    manager = transaction.TransactionManager()
    other = db.open(manager)
    other.root()[KEY][""].remove(other.get(job._p_oid))
    agent.claimJob()
    transaction.commit()
    with pytest.raises(ConflictError):
        manager.commit()
    manager.abort()
    other.close()


def test_a_shard_forgets_what_was_taken(queue, put, agent):
    agent.size = 1000
    for number in range(100):
        put(number)
        if number % 3 == 0:
            agent.claim_jobs(9)
            transaction.commit()
    (shard,) = queue.shards.values()
    assert len(shard) == 0
    assert len(shard._jobs) <= 8
    assert shard._pages is None
    assert names(agent) == list(range(100))
