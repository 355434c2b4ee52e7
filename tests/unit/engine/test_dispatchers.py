"""The persistent picture of who works: registering, signs of life, rescue."""

import uuid
from datetime import timedelta

import pytest
import sample_jobs
import transaction
import zope.component
from zope.interface.verify import verifyObject

from zc.async_.agent import Agent
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import IAgent
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.interfaces import IDispatcherAgents
from zc.async_.interfaces import IDispatcherDeactivated
from zc.async_.interfaces import IDispatcherReactivated
from zc.async_.interfaces import IDispatcherRegistered
from zc.async_.interfaces import IDispatchers
from zc.async_.interfaces import IDispatcherUnregistered
from zc.async_.interfaces import IFilterAgent
from zc.async_.interfaces import IJobRescued
from zc.async_.job import Job
from zc.async_.queue import Queue


FIRST, SECOND, THIRD = (uuid.UUID(int=number) for number in (1, 2, 3))


@pytest.fixture
def seen():
    """The events about dispatchers, as (interface name, object)."""
    events = []
    interfaces = [
        IDispatcherRegistered,
        IDispatcherUnregistered,
        IDispatcherActivated,
        IDispatcherDeactivated,
        IDispatcherReactivated,
    ]
    for interface in interfaces:

        def handler(event, name=interface.__name__):
            events.append((name, event.object))

        zope.component.provideHandler(handler, [interface])
    return events


@pytest.fixture
def record(queue, stopped_clock):
    record = queue.dispatchers.register(FIRST)
    record["main"] = Agent()
    record.activate()
    transaction.commit()
    return record


def put(queue, *names):
    jobs = [queue.put(Job(str, name)) for name in names]
    transaction.commit()
    return jobs


def test_interfaces(queue, record):
    assert verifyObject(IDispatchers, queue.dispatchers)
    assert verifyObject(IDispatcherAgents, record)
    assert verifyObject(IAgent, record["main"])


def test_E90_E91_life_of_a_record(queue, seen):
    dispatchers = queue.dispatchers
    record = dispatchers.register(FIRST)
    assert (record.UUID, record.parent, dispatchers.parent) == (FIRST, queue, queue)
    with pytest.raises(ValueError, match="UUID already registered"):
        dispatchers.register(FIRST)
    with pytest.raises(ValueError, match="Not activated"):
        record.deactivate()
    record.activate()
    with pytest.raises(ValueError, match="Already activated"):
        record.activate()
    with pytest.raises(ValueError, match="UUID is activated"):
        dispatchers.unregister(FIRST)
    record.deactivate()
    assert dispatchers.unregister(FIRST) is record
    assert (record.parent, record.name) == (None, None)
    with pytest.raises(KeyError):
        dispatchers.unregister(FIRST)
    assert [name for name, _ in seen] == [
        "IDispatcherRegistered",
        "IDispatcherActivated",
        "IDispatcherDeactivated",
        "IDispatcherUnregistered",
    ]
    assert all(found is record for _, found in seen)


def test_E92_pings_are_written_once_an_interval(queue, record, stopped_clock):
    sign = record.last_ping
    queue.dispatchers.ping(FIRST)
    assert sign.value == stopped_clock.time
    transaction.commit()
    stopped_clock.advance(seconds=29)
    queue.dispatchers.ping(FIRST)
    assert not sign._p_changed
    stopped_clock.advance(seconds=1)
    queue.dispatchers.ping(FIRST)
    assert sign._p_changed
    assert not record._p_changed


def test_one_sign_of_life_serves_all_queues(queue, record):
    queue.parent["other"] = Queue()
    assert queue.parent["other"].dispatchers.register(FIRST).last_ping is record.last_ping


def test_E93_a_ping_of_the_dead_is_reported(queue, record, seen, log):
    (job,) = put(queue, "a")
    record["main"].claim_jobs(1)
    transaction.commit()
    record._activated = None
    queue.dispatchers.ping(FIRST)
    assert record.activated is not None
    assert seen == [("IDispatcherReactivated", record)]
    assert job.status == ACTIVE
    assert [entry.levelname for entry in log.records] == ["CRITICAL"]
    assert str(FIRST) in log.text


def test_E94_a_live_dispatcher_rescues_its_dead_neighbour(queue, record, stopped_clock, seen):
    jobs = put(queue, "a", "b", "c")
    record["main"].claim_jobs(2)
    transaction.commit()
    for other in (SECOND, THIRD):
        queue.dispatchers.register(other).activate()
    stopped_clock.advance(seconds=61)
    queue.dispatchers.ping(SECOND)
    assert queue.dispatchers[THIRD].activated is None
    assert record.activated is not None
    queue.dispatchers.ping(SECOND)
    transaction.commit()
    assert record.activated is None
    assert list(record["main"]) == []
    assert list(queue) == jobs
    assert [job.interruptions for job in jobs] == [1, 1, 0]
    assert [name for name, _ in seen].count("IDispatcherDeactivated") == 2


def test_E95_what_becomes_of_rescued_jobs(queue, record):
    assigned, done, active = put(queue, "a", "b", "c")
    agent = record["main"]
    assert agent.claimJob() is assigned
    transaction.commit()
    assert agent.claimJob() is done
    transaction.commit()
    done()
    agent.claim_jobs(1)
    transaction.commit()
    assert active.status == ACTIVE
    record.deactivate()
    transaction.commit()
    assert (assigned.status, assigned.interruptions) == (PENDING, 0)
    assert (active.status, active.interruptions, active.active_start) == (PENDING, 1, None)
    assert done.status == COMPLETED
    assert list(agent.completed) == [done]


def test_a_claim_of_somebody_dead_or_gone_is_declined(queue, record, stopped_clock):
    put(queue, "a")
    stopped_clock.advance(seconds=61)
    assert record["main"].claimJob() is None
    queue.dispatchers.ping(FIRST)
    record.deactivate()
    assert record["main"].claimJob() is None


def test_E98_filter_and_chooser_exclude_each_other(queue, record):
    agent = Agent()
    assert IFilterAgent.providedBy(agent)
    agent.chooser = sample_jobs.add
    assert not IFilterAgent.providedBy(agent)
    with pytest.raises(ValueError, match="cannot set both chooser and filter"):
        agent.filter = sample_jobs.add
    agent.chooser = None
    agent.filter = sample_jobs.add
    with pytest.raises(ValueError, match="cannot set both chooser and filter"):
        agent.chooser = sample_jobs.add
    with pytest.raises(ValueError, match="cannot set both chooser and filter"):
        Agent(sample_jobs.add, sample_jobs.add)


def test_an_agent_may_be_given_only_while_idle(queue, record):
    put(queue, "a")
    record["main"].claimJob()
    with pytest.raises(ValueError, match="cannot remove an agent with active jobs"):
        del record["main"]
    with pytest.raises(ValueError, match="value must be IAgent"):
        record["x"] = 1


def test_E99_completed_jobs_newest_first(queue, record, stopped_clock):
    agent = record["main"]
    jobs = []
    for number in range(30):
        jobs += put(queue, number)
        assert agent.claimJob() is jobs[-1]
        transaction.commit()
        stopped_clock.advance(seconds=1)
        jobs[-1]()
    agent.file_completed()
    transaction.commit()
    completed = agent.completed
    assert list(completed) == jobs[::-1]
    assert len(completed) == 30
    assert jobs[0].parent is agent
    assert jobs[0].initial_callbacks_end == jobs[0].active_end
    start, stop = jobs[20].active_end, jobs[10].active_end
    assert list(completed.iter(start, stop)) == jobs[20:9:-1]
    assert completed.first() is jobs[-1]
    assert completed.first(start) is jobs[20]
    assert completed.last() is jobs[0]
    assert completed.last(stop) is jobs[10]
    with pytest.raises(ValueError, match="no completed job"):
        completed.first(start - timedelta(days=1))
    with pytest.raises(ValueError, match="no completed job"):
        completed.last(start + timedelta(days=1))


def test_E99_a_job_whose_callbacks_took_hours_is_in_its_place_among_the_completed_ones(queue, record, stopped_clock):
    """It is filed among jobs that ended much later."""
    agent, jobs = record["main"], []

    def work(job):
        queue.dispatchers.ping(FIRST)
        queue.put(job)
        transaction.commit()
        assert agent.claimJob() is job
        transaction.commit()
        stopped_clock.advance(minutes=5)
        job()
        jobs.append(job)

    MEANWHILE[:] = [lambda: [work(Job(str, number)) for number in range(12)]]
    slow = Job(str, "slow")
    slow.addCallback(let_others_work)
    work(Job(str, "before"))
    work(slow)
    for number in range(12, 20):
        work(Job(str, number))
    agent.file_completed()
    transaction.commit()
    jobs.sort(key=lambda job: job.active_end)
    completed = agent.completed
    assert (jobs[1], len(completed)) == (slow, 22)
    assert any(slow in page.jobs and jobs[14] in page.jobs for _, page in completed.pages())
    assert list(completed) == jobs[::-1]
    assert list(completed.iter(None, jobs[3].active_end)) == jobs[:2:-1]
    assert list(completed.iter(jobs[4].active_end)) == jobs[4::-1]
    assert [completed.last(job.active_end) for job in jobs] == jobs
    assert [completed.first(job.active_end) for job in jobs] == jobs
    assert completed.last() is jobs[0]


MEANWHILE = []


def let_others_work(result):
    MEANWHILE.pop()()


def test_E100_old_completed_jobs_are_forgotten(queue, record, stopped_clock):
    agent = record["main"]
    for number in range(20):
        queue.dispatchers.ping(FIRST)
        put(queue, number)
        agent.claimJob()
        transaction.commit()
        next(iter(agent))()
        stopped_clock.advance(hours=1)
    agent.file_completed()
    agent.completed.prune(stopped_clock.time - timedelta(hours=4))
    assert len(agent.completed) == 4
    agent.completed.prune(stopped_clock.time - timedelta(minutes=30))
    assert list(agent.completed) == []


def test_a_rescue_is_an_event_and_on_the_timeline(queue, record, stopped_clock):
    rescued = []
    zope.component.provideHandler(lambda event: rescued.append((event.object, event.UUID)), [IJobRescued])
    (job,) = put(queue, "a")
    stopped_clock.advance(seconds=1)
    record["main"].claim_jobs(1)
    transaction.commit()
    assert [entry.what for entry in job.timeline] == ["queued", "started"]
    stopped_clock.advance(seconds=1)
    record.deactivate()
    transaction.commit()
    assert rescued == [(job, FIRST)]
    assert [entry.what for entry in job.timeline] == ["queued", "rescued"]
    assert str(FIRST) in job.timeline[-1].details


def test_a_chooser_keeps_quotas(queue, record):
    queue.quotas.create("q")
    for number in range(3):
        job = Job(str, number)
        job.quota_names = ("q",)
        queue.put(job)
    transaction.commit()
    record["main"].chooser = choose_first
    assert len(record["main"].claim_jobs(3)[0]) == 1


def choose_first(agent):
    return agent.queue.claim()
