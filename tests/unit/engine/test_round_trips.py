"""What claims, puts and worker threads load: over ZEO, each object that others have changed is a round trip."""

import uuid

import pytest
import sample_jobs
import transaction

from zc.async_.agent import Agent
from zc.async_.connections import fetch
from zc.async_.job import Job
from zc.async_.testing import wait_for_result
from zc.async_.threadlocal import local
from zc.async_.waker import Waker


FIRST, SECOND, THIRD = (uuid.UUID(int=number) for number in (1, 2, 3))


@pytest.fixture
def agents(queue):
    """Three dispatchers' agents, each of which works on a job."""
    made = []
    for identity in FIRST, SECOND, THIRD:
        record = queue.dispatchers.register(identity)
        record["main"] = agent = Agent(size=5)
        record.activate()
        queue.put(Job(str))
        transaction.commit()
        agent.claim_jobs(1)
        transaction.commit()
        made.append(agent)
    return made


def forget_loaded(connection):
    """Load everything anew when it is looked at, as if others had changed it."""
    connection.cacheMinimize()
    transaction.begin()


def is_loaded(obj):
    return obj._p_changed is not None


@pytest.fixture
def fetched(connection, monkeypatch):
    """The oids of objects that were fetched together, each time that some were."""
    runs = []

    def prefetch(found):
        runs.append({each if isinstance(each, bytes) else each._p_oid for each in found})

    monkeypatch.setattr(connection, "prefetch", prefetch)
    return runs


@pytest.fixture
def waker(db, queue, put):
    """A waker that watches the shard of this connection."""
    put(Job(str))
    waker = Waker(db, lambda: None)
    waker.watch(queue.shards.values())
    waker.start()
    yield waker
    waker.stop()


def test_a_claim_loads_no_claims_of_others(queue, put, agents, connection):
    put(Job(str))
    own, *others = agents
    forget_loaded(connection)
    claims, _ = own.claim_jobs(1)
    assert len(claims) == 1
    assert not any(is_loaded(agent.workload) for agent in others)


def test_a_claim_of_a_job_that_was_given_back_asks_all(queue, agents, connection):
    own, other, _ = agents
    (claim,) = other.claims()
    other.give_back(claim, interrupted=False)
    transaction.commit()
    forget_loaded(connection)
    claims, _ = own.claim_jobs(1)
    assert [claimed.job for claimed in claims] == [claim.job]
    assert is_loaded(other.workload)


def test_a_job_given_back_and_claimed_is_claimed_once_though_it_is_entered_twice(queue, agents, connection):
    own, other, third = agents
    (claim,) = other.claims()
    other.give_back(claim, interrupted=False)
    queue.resume(claim.job)
    transaction.commit()
    assert len(own.claim_jobs(1)[0]) == 1
    transaction.commit()
    assert third.claim_jobs(1)[0] == []


def test_a_worker_thread_finds_its_own_claim_first(queue, agents, connection, monkeypatch):
    class Here:
        UUID = THIRD

    *others, own = agents
    (claim,) = own.claims()
    forget_loaded(connection)
    monkeypatch.setattr(local, "dispatcher", Here)
    assert queue.dispatchers.claim_of(claim.job) == claim
    assert not any(is_loaded(agent.workload) for agent in others)


def test_the_claims_of_several_are_fetched_together(queue, agents, connection, fetched):
    job = agents[-1][0]
    forget_loaded(connection)
    assert queue.dispatchers.claim_of(job) is not None
    assert fetched == [{agent.workload._p_oid for agent in agents}]


def test_a_single_object_is_left_to_be_loaded_when_it_is_looked_at(put, connection, fetched):
    job = put(Job(str))
    forget_loaded(connection)
    fetch([job])
    fetch([])
    assert fetched == []


def test_most_puts_do_not_ask_how_far_claims_have_come(queue, put, agents):
    asked = 0
    (shard,) = queue.shards.values()
    for _ in range(16):
        shard.cursor._p_deactivate()
        put(Job(str))
        asked += is_loaded(shard.cursor)
    assert asked == 4


# What came in


def test_a_shard_and_the_jobs_in_it_are_fetched_together(connection, queue, put, waker, fetched):
    (shard,) = queue.shards.values()
    jobs = [put(Job(str)) for _ in range(3)]
    waker.fetch_news(connection)
    waker.fetch_news(connection)
    assert fetched == [{obj._p_oid for obj in (shard, *jobs)}]


def test_what_a_large_transaction_wrote_besides_is_not_fetched(connection, put, waker, fetched):
    connection.root()["content"] = [Job(str) for _ in range(50)]
    put(Job(str))
    waker.fetch_news(connection)
    assert fetched == []


def test_commits_that_concern_nobody_are_no_news(connection, waker, fetched):
    connection.root()["content"] = [Job(str), Job(str)]
    transaction.commit()
    waker.fetch_news(connection)
    assert fetched == []


def test_news_of_what_is_gone_meanwhile_stop_no_claim(queue, put, dispatch, release, wait_for_arrival):
    """They are heard while the only thread works, and fetched when it comes free."""
    put(sample_jobs.hold, "held")
    dispatch(size=1, poll_interval=3600)
    wait_for_arrival("held")
    withdrawn, other = put(Job(str, "withdrawn")), put(Job(str, "other"))
    queue.remove(withdrawn)
    transaction.commit()
    release("held")
    assert wait_for_result(other) == "other"
