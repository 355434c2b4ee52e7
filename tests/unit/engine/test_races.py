"""Two connections, two threads or a lost connection at the worst moment, arranged by hand."""

import uuid
from datetime import timedelta

import pytest
import transaction
from ZODB.POSException import ConflictError

from zc.async_.agent import Agent
from zc.async_.interfaces import KEY
from zc.async_.job import Job
from zc.async_.testing import wait_for_result


FIRST, SECOND, THIRD = (uuid.UUID(int=number) for number in (1, 2, 3))


class Visitor:
    """A second connection with a transaction of its own: what another process sees and does."""

    def __init__(self, db):
        self.transactions = transaction.TransactionManager()
        self.connection = db.open(self.transactions)

    @property
    def queue(self):
        return self.connection.root()[KEY][""]

    def see(self, obj):
        """This connection's copy of an object."""
        return self.connection.get(obj._p_oid)

    def agent(self, identity=FIRST):
        return self.queue.dispatchers[identity]["main"]

    def commit(self):
        self.transactions.commit()

    def conflicts(self):
        with pytest.raises(ConflictError):
            self.commit()
        self.transactions.abort()
        return True


@pytest.fixture
def visit(db, queue):
    visitors = []

    def visit():
        visitors.append(Visitor(db))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.transactions.abort()
        visitor.connection.close()


@pytest.fixture
def put(queue):
    def put(name, quota_names=(), **terms):
        job = Job(str, name)
        job.quota_names = quota_names
        queue.put(job, **terms)
        transaction.commit()
        return job

    return put


@pytest.fixture
def register(queue):
    """Make and activate a dispatcher's record; returns its agent."""

    def register(identity=FIRST, size=5, **settings):
        record = queue.dispatchers.register(identity)
        record["main"] = agent = Agent(size=size, **settings)
        record.activate()
        transaction.commit()
        return agent

    return register


@pytest.fixture
def agent(register):
    return register()


def into_lanes(queue):
    queue.claim_jobs(1, lambda job: False)
    transaction.commit()


def names(jobs):
    return [job.args[0] for job in jobs]


# Taking in


def test_a_backlog_longer_than_one_intake_does_not_stop_claims(queue, put, agent, visit, monkeypatch):
    monkeypatch.setattr("zc.async_.queue.INTAKE_LIMIT", 4)
    for number in range(4):
        put(number)
    other = visit()
    other.queue.put(Job(str, "elsewhere"))
    other.commit()
    transaction.begin()
    assert len(queue.shards) == 2
    claimed = names(queue.claim_jobs(9)[0] + queue.claim_jobs(9)[0])
    claimed.remove("elsewhere")  # which shard is read first is nobody's promise
    assert claimed == [0, 1, 2, 3]


def test_a_job_behind_a_long_backlog_does_not_wait_for_the_poll(queue, put, dispatch, monkeypatch):
    monkeypatch.setattr("zc.async_.queue.INTAKE_LIMIT", 4)
    later = timedelta(days=1)
    for number in range(30):
        put(number, begin_by=None, begin_after=dispatch_clock().now() + later)
    job = put("now")
    dispatch(poll_interval=3600)
    assert wait_for_result(job) == "now"


def dispatch_clock():
    from zc.async_ import clock

    return clock


def test_a_job_put_by_a_host_whose_clock_is_ahead_starts_at_once(put, agent, stopped_clock):
    job = put("a")
    stopped_clock.advance(hours=-1)
    assert agent.parent.queue.claim() is job


# Changing a job's terms while it is claimed


@pytest.mark.parametrize("place", ["shard", "lane", "schedule"])
@pytest.mark.parametrize("first", ["change", "claim"])
def test_changing_the_quotas_of_a_job_while_it_is_claimed_conflicts(
    queue, put, agent, visit, stopped_clock, place, first
):
    queue.quotas.create("one")
    job = put("a", begin_after=stopped_clock.time + timedelta(seconds=place == "schedule"))
    if place != "shard":
        into_lanes(queue)
        stopped_clock.advance(seconds=1)
    other = visit()
    other.see(job).quota_names = ("one",)
    transaction.begin()
    agent.claim_jobs(1)
    if first == "change":
        other.commit()
        with pytest.raises(ConflictError):
            transaction.commit()
        transaction.abort()
    else:
        transaction.commit()
        assert other.conflicts()


def test_a_job_whose_terms_change_while_it_is_taken_in_can_still_be_withdrawn(queue, put, agent, visit):
    job = put("a")
    other = visit()
    other.see(job).priority = 5
    into_lanes(queue)
    assert other.conflicts()
    other.see(job).priority = 5
    other.commit()
    transaction.begin()
    queue.remove(job)
    assert len(queue) == 0


# Quotas


def choose_first(agent):
    return agent.queue.claim()


def test_a_chooser_does_not_overrun_a_quota(queue, put, register):
    agent = register(chooser=choose_first)
    queue.quotas.create("one")
    for name in "abc":
        put(name, ("one",))
    put("d")
    agent.claim_jobs(3)
    transaction.commit()
    assert names(agent) == ["a", "d"]


def test_jobs_put_back_do_not_block_each_other(queue, put, agent):
    queue.quotas.create("one")
    newcomer, holder = put("newcomer"), put("holder", ("one",))
    agent.claim_jobs(2)
    transaction.commit()
    agent.give_back_all()
    transaction.commit()
    newcomer.quota_names = ("one",)
    transaction.commit()
    agent.claim_jobs(2)
    assert list(agent) == [holder]


def test_a_job_put_back_does_not_hold_a_quota_that_it_no_longer_names(queue, put, agent):
    for name in ("one", "two"):
        queue.quotas.create(name)
    jobs = [put("a", ("one",)), put("b", ("two",))]
    agent.claim_jobs(2)
    transaction.commit()
    agent.give_back_all()
    transaction.commit()
    jobs[0].quota_names, jobs[1].quota_names = ("two",), ("one",)
    transaction.commit()
    agent.claim_jobs(2)
    assert sorted(names(agent)) == ["a", "b"]


def test_a_job_past_its_limit_is_handed_out_though_its_quota_is_full(queue, put, agent, stopped_clock):
    queue.quotas.create("one")
    put("holder", ("one",))
    late = put("late", ("one",), begin_by=timedelta(seconds=5))
    put("waiting", ("one",))
    agent.claim_jobs(3)
    transaction.commit()
    stopped_clock.advance(seconds=6)
    queue.dispatchers.ping(FIRST)
    agent.claim_jobs(3)
    assert list(agent)[1:] == [late]


# Withdrawing


def test_withdrawing_the_oldest_does_not_conflict_with_a_put(queue, put, visit):
    put("a")
    other = visit()
    other.queue.pull()
    put("b")
    other.commit()
    transaction.begin()
    assert names(queue) == ["b"]
    assert len(queue) == 1


def test_withdrawing_thousands_takes_no_age(queue):
    jobs = [queue.put(Job(str, number)) for number in range(2000)]
    transaction.commit()
    (shard,) = queue.shards.values()

    for job in jobs:
        queue.remove(job)
    transaction.commit()
    assert len(queue) == 0
    assert shard._withdrawn == ()
