"""Jobs of an add-on that a worker does not have, or not any more."""

import sys
import types
import uuid
from datetime import timedelta

import pytest
import sample_jobs
import transaction

from zc.async_.agent import Agent
from zc.async_.draining import due_jobs
from zc.async_.executor import perform
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import KEY
from zc.async_.interfaces import JobCancelled
from zc.async_.interfaces import JobNotPicklable
from zc.async_.interfaces import NotImportable
from zc.async_.job import Job
from zc.async_.later import OwnThread
from zc.async_.testing import wait_for_result
from zc.async_.workflow import serial


CODE = """
def work(*args):
    return args

def fail():
    raise ValueError("for now")

class Thing:
    pass

class SomeJob(Job):
    pass
"""


class AddOn(types.ModuleType):
    """A module that comes and goes."""

    def __init__(self):
        super().__init__("some_addon")
        self.Job = Job
        exec(CODE, vars(self))

    def come(self):
        sys.modules[self.__name__] = self

    def go(self, connection):
        del sys.modules[self.__name__]
        connection.cacheMinimize()


@pytest.fixture
def addon():
    addon = AddOn()
    addon.come()
    yield addon
    sys.modules.pop(addon.__name__, None)


@pytest.mark.parametrize(
    ("make", "missing"),
    [
        (lambda addon: Job(addon.work), "some_addon.work"),
        (lambda addon: Job(sample_jobs.add, addon.Thing(), {"deep": [addon.Thing()]}), "some_addon.Thing"),
        (lambda addon: Job(sample_jobs.add, addon.Thing), "some_addon.Thing"),
    ],
)
def test_the_job_fails_and_the_worker_goes_on(connection, put, dispatch, addon, make, missing):
    job = put(make(addon))
    addon.go(connection)
    dispatch()
    assert wait_for_result(job).check(NotImportable)
    assert missing in job.result.getErrorMessage()
    assert wait_for_result(put(sample_jobs.add, 1)) == 3


def test_a_batch_with_such_a_step_fails(connection, put, dispatch, addon):
    batch = put(serial(Job(sample_jobs.add, 1), Job(addon.work)))
    addon.go(connection)
    dispatch()
    assert "some_addon.work" in wait_for_result(batch).getErrorMessage()
    assert batch.args[0].result == 3


def test_it_is_tried_again_where_the_add_on_is(connection, put, dispatch, addon):
    job = put(addon.work, 1)
    addon.go(connection)
    dispatch()
    wait_for_result(job)

    addon.come()
    connection.cacheMinimize()
    job.requeue()
    transaction.commit()
    assert wait_for_result(job) == (1,)


def test_where_it_is_not_it_is_not_queued_again(connection, put, dispatch, addon):
    job = put(addon.fail)
    dispatch()
    wait_for_result(job)
    addon.go(connection)
    with pytest.raises(JobNotPicklable):
        job.requeue()
    assert not job._p_changed
    assert job.status == COMPLETED


def test_it_can_be_cancelled_and_forgotten(connection, put, addon):
    job = put(addon.work)
    addon.go(connection)
    job.cancel("not here any more")
    transaction.commit()
    connection.cacheMinimize()
    assert job.result.check(JobCancelled)
    job.forget()
    transaction.commit()
    connection.cacheMinimize()
    assert job.queue is None
    assert "some_addon.work" in repr(job)


@pytest.fixture
def agent_of(db):
    """Gives the agent of a worker, each time as another process sees it."""

    def agent_of():
        queue = db.open().root()[KEY][""]
        if not len(queue.dispatchers):
            queue.dispatchers.register(uuid.UUID(int=1))["main"] = Agent(size=9)
            queue.dispatchers[uuid.UUID(int=1)].activate()
        queue.dispatchers.ping(uuid.UUID(int=1))
        transaction.commit()
        return queue.dispatchers[uuid.UUID(int=1)]["main"]

    return agent_of


def claim(agent):
    job = agent.claimJob()
    transaction.commit()
    return None if job is None else job.title


@pytest.mark.parametrize("was_looked_at", [True, False])
def test_a_job_of_an_absent_class_holds_up_nobody(queue, put, agent_of, stopped_clock, addon, was_looked_at):
    queue.quotas.create("narrow")
    for job in Job(sample_jobs.add, "first"), addon.SomeJob(sample_jobs.add, "second"):
        job.quota_names = ("narrow",)
        put(job)
    agent = agent_of()
    if was_looked_at:
        assert (claim(agent), claim(agent)) == ("sample_jobs.add", None)

    addon.go(agent._p_jar)
    agent = agent_of()
    agent.queue.put(sample_jobs.fail)
    transaction.commit()
    expected = ["sample_jobs.fail", None] if was_looked_at else ["sample_jobs.add", "sample_jobs.fail", None]
    assert [claim(agent) for _ in expected] == expected

    addon.come()
    stopped_clock.advance(hours=1)
    queue.quotas["narrow"].size = 2
    transaction.commit()
    assert claim(agent_of()) == "sample_jobs.add"


def give(job):
    return job


def put_and_give(queue):
    return queue.put(Job(sample_jobs.add, 1))


def run(agent):
    """Run the next job that may start; its result, and None if there is none."""
    claims, _ = agent.claim_jobs(1)
    transaction.commit()
    return perform(claims[0].job, claims[0].key, OwnThread(agent._p_jar.db())) if claims else None


@pytest.fixture
def later(stopped_clock):
    return stopped_clock.time + timedelta(hours=2)


def test_one_that_waits_for_another_holds_up_nobody(put, agent_of, stopped_clock, addon, later):
    other = put(Job(sample_jobs.add, 1), begin_after=later)
    put(addon.SomeJob(give, other))
    run(agent_of())

    addon.go(agent_of()._p_jar)
    agent = agent_of()
    assert list(agent.queue.watched)
    agent.queue.put(Job(sample_jobs.add, 2))
    assert run(agent) == 4
    assert len(due_jobs(agent._p_jar)) == 0
    assert agent.queue.inlets()
    stopped_clock.advance(hours=2)
    assert run(agent_of()) == 3
    assert run(agent) is None

    addon.come()
    assert run(agent_of()) == 3


def test_one_that_others_wait_for_holds_up_nobody(put, agent_of, stopped_clock, addon, later):
    other = put(addon.SomeJob(sample_jobs.add, 1), begin_after=later)
    waiter = put(Job(give, other))
    run(agent_of())

    addon.go(agent_of()._p_jar)
    agent = agent_of()
    agent.queue.put(Job(sample_jobs.add, 2))
    assert run(agent) == 4
    assert len(due_jobs(agent._p_jar)) == 0
    assert agent.queue.inlets()
    agent.queue.put(Job(give, agent._p_jar.get(waiter._p_oid)))
    run(agent)
    assert run(agent) is None

    addon.come()
    stopped_clock.advance(hours=2)
    agent = agent_of()
    assert [run(agent) for _ in range(4)] == [3, 3, 3, None]


def test_what_it_waits_for_ends_and_lets_it_go_on(put, agent_of, stopped_clock, addon):
    agent = agent_of()
    agent.queue.put(addon.SomeJob(put_and_give, agent.queue))
    run(agent)

    addon.go(agent_of()._p_jar)
    agent = agent_of()
    assert run(agent) == 3
    assert run(agent) is None
    assert len(due_jobs(agent._p_jar)) == 0

    addon.come()
    stopped_clock.advance(hours=1)
    assert run(agent_of()) == 3


def test_a_batch_that_waits_for_one_can_be_cancelled(put, agent_of, stopped_clock, addon):
    batch = put(serial(addon.SomeJob(sample_jobs.add, 1)))
    run(agent_of())

    addon.go(agent_of()._p_jar)
    batch = agent_of()._p_jar.get(batch._p_oid)
    assert batch.cancel("enough") is False
    transaction.commit()

    addon.come()
    agent = agent_of()
    assert run(agent) == 3
    assert run(agent).check(JobCancelled)


def test_one_that_is_queued_is_not_waited_for(connection, put, agent_of, stopped_clock, addon):
    put(addon.SomeJob(sample_jobs.add, 1))
    addon.go(connection)
    agent = agent_of()
    assert due_jobs(agent._p_jar) == []
    agent.claimJob()
    transaction.commit()
    assert due_jobs(agent._p_jar) == []


def test_a_claimed_job_whose_class_goes_is_run_when_it_is_back(queue, put, agent_of, stopped_clock, addon):
    queue.quotas.create("narrow")
    job = addon.SomeJob(sample_jobs.add, "some")
    job.quota_names = ("narrow",)
    put(job)
    agent_of().claim_jobs(1)
    transaction.commit()

    addon.go(agent_of()._p_jar)
    agent = agent_of()
    other = Job(sample_jobs.add, "other")
    other.quota_names = ("narrow",)
    agent.queue.put(other)
    transaction.commit()
    assert claim(agent) == "sample_jobs.add"
    assert [each.args[0] for each in agent] == ["other"]
    agent.parent.deactivate()
    agent.parent.activate()
    transaction.commit()
    assert list(agent) == []

    addon.come()
    stopped_clock.advance(hours=1)
    agent = agent_of()
    agent.queue.quotas["narrow"].size = 2
    claims, _ = agent.claim_jobs(2)
    assert [each.job.args[0] for each in claims] == ["other", "some"]


def test_completed_jobs_whose_class_goes_are_filed_when_it_is_back(db, put, agent_of, stopped_clock, addon):
    for number in range(12):
        put((addon.SomeJob if number % 2 else Job)(sample_jobs.add, number))
    while (job := agent_of().claimJob()) is not None:
        transaction.commit()
        job()

    addon.go(agent_of()._p_jar)
    agent = agent_of()
    agent.file_completed()
    transaction.commit()
    assert agent.completed.prune(stopped_clock.time) == []
    assert {job.args[0] for job in agent.completed} <= set(range(0, 12, 2))

    addon.come()
    agent = agent_of()
    agent.file_completed()
    transaction.commit()
    assert {job.args[0] for job in agent.completed} == set(range(12))
