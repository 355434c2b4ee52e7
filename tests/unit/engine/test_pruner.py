"""Old completed jobs and abandoned shards go, without anybody doing anything for it."""

import uuid
from datetime import timedelta

import pytest
import transaction

from zc.async_ import clock
from zc.async_ import pruner
from zc.async_.agent import Agent
from zc.async_.completed import PAGE_SIZE
from zc.async_.job import Job
from zc.async_.pruner import Pruner
from zc.async_.shards import Shard


MINE, OTHER, THIRD = (uuid.UUID(int=number) for number in (1, 2, 3))


@pytest.fixture
def complete(queue, stopped_clock):
    """Let a dispatcher complete so many jobs, one a minute."""

    def complete(identity, count):
        if identity not in queue.dispatchers:
            record = queue.dispatchers.register(identity)
            record["main"] = Agent()
            record.activate()
        agent = queue.dispatchers[identity]["main"]
        for number in range(count):
            for running in queue.dispatchers:
                queue.dispatchers.ping(running)
            queue.put(Job(str, number))
            transaction.commit()
            job = agent.claimJob()
            transaction.commit()
            stopped_clock.advance(minutes=1)
            job()
        agent.file_completed()
        transaction.commit()
        return agent.completed

    return complete


def test_K36_completed_jobs_go_by_age(queue, complete, stopped_clock):
    completed = complete(MINE, 20)
    queue.keep_completed_for = timedelta(days=1)
    one = Pruner(MINE)
    one.step([queue], stopped_clock.time)
    assert len(completed) == 20
    stopped_clock.advance(days=2)
    one.step([queue], stopped_clock.time)
    assert len(completed) == 0


def test_completed_jobs_go_by_number(queue, complete, stopped_clock):
    completed = complete(MINE, 30)
    queue.keep_completed = 15
    Pruner(MINE).step([queue], stopped_clock.time)
    assert len(completed) <= 15
    assert [job.args[0] for job in completed][:8] == list(range(29, 21, -1))


def test_the_number_counts_for_all_dispatchers_together(queue, complete, stopped_clock):
    older, mine, newer = complete(OTHER, 30), complete(MINE, 30), complete(THIRD, 30)
    queue.keep_completed = 50
    Pruner(MINE).step([queue], stopped_clock.time)
    assert (len(older), len(mine), len(newer)) == (30, 30 - 2 * PAGE_SIZE, 30)
    Pruner(THIRD).step([queue], stopped_clock.time)
    Pruner(OTHER).step([queue], stopped_clock.time)
    assert (len(older), len(mine), len(newer)) == (30 - 3 * PAGE_SIZE, 30 - 2 * PAGE_SIZE, 30)


def test_what_another_dispatcher_will_forget_is_not_forgotten_in_its_place(queue, complete, stopped_clock):
    older, mine = complete(OTHER, 30), complete(MINE, 30)
    queue.keep_completed = 40
    Pruner(MINE).step([queue], stopped_clock.time)
    assert (len(older), len(mine)) == (30, 30)


def test_empty_shards_of_processes_that_are_gone_go(queue, stopped_clock):
    queue.shards["gone"], queue.resumed["gone"], queue.resumed["in use"] = Shard(), Shard(), Shard()
    transaction.commit()
    stored = clock.from_micros(int(queue.shards["gone"]._p_mtime * 1_000_000))
    queue.resumed["in use"].append(queue.put(Job(str)))
    transaction.commit()
    Pruner(MINE).step([queue], stored + timedelta(days=3))
    assert "gone" not in queue.shards
    assert list(queue.resumed) == ["in use"]


def test_archives_of_dispatchers_that_run_are_theirs(queue, complete, stopped_clock):
    mine, other = complete(MINE, 10), complete(OTHER, 10)
    queue.keep_completed_for = timedelta()
    stopped_clock.advance(seconds=1)
    Pruner(MINE).step([queue], stopped_clock.time)
    assert (len(mine), len(other)) == (0, 10)
    queue.dispatchers[OTHER].deactivate()
    Pruner(MINE).step([queue], stopped_clock.time)
    assert len(other) == 0


def test_a_pass_is_made_once_in_a_while(queue, complete, stopped_clock):
    completed = complete(MINE, 10)
    one = Pruner(MINE)
    one.step([queue], stopped_clock.time)
    queue.keep_completed = 0
    one.step([queue], stopped_clock.time)
    assert len(completed) == 10
    one.step([queue], stopped_clock.time + pruner.INTERVAL)
    assert len(completed) < 10


def test_nothing_to_prune_writes_nothing(queue, complete, stopped_clock):
    complete(MINE, 10)
    Pruner(MINE).step([queue], stopped_clock.time)
    assert not queue._p_jar._registered_objects


def test_records_of_dispatchers_that_are_gone_go(queue, complete, stopped_clock):
    complete(OTHER, 3)
    complete(MINE, 1)
    Pruner(MINE).step([queue], stopped_clock.time + timedelta(days=30))
    assert queue.dispatchers.keys() == [MINE, OTHER]
    queue.dispatchers[OTHER].deactivate()
    Pruner(MINE).step([queue], stopped_clock.time)
    assert queue.dispatchers.keys() == [MINE, OTHER]
    Pruner(MINE).step([queue], stopped_clock.time + timedelta(days=30))
    assert queue.dispatchers.keys() == [MINE]


def test_empty_lanes_of_removed_quotas_go(queue, stopped_clock):
    queue.quotas.create("removed")
    queue.quotas.create("kept")
    for name in ("removed", "kept"):
        job = Job(str, name)
        job.quota_names = (name,)
        queue.put(job)
    transaction.commit()
    queue.claim_jobs(1, lambda job: False)
    while queue:
        queue.pull()
    queue.quotas.remove("removed")
    Pruner(MINE).step([queue], stopped_clock.time)
    assert list(queue.lanes.keys()) == [("kept",)]
