"""The engine alone over a real ZEO server, with workers and enqueuers as processes."""

import signal

import pytest
import sample_jobs
import transaction
import ZEO
from persistent.list import PersistentList

from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.job import Job
from zc.async_.subscribers import queue_installer
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional


def test_a_put_in_another_process_wakes_the_worker(put, start_worker):
    """Its poll interval is an hour: only the ZEO server can have told it."""
    start_worker()
    for number in range(10):
        assert wait_for_result(put(sample_jobs.add, number), 20) == number + 2


def test_a_worker_that_came_first_finds_queues_that_come_later(zeo, start_worker):
    start_worker()
    db = ZEO.DB(("127.0.0.1", zeo.port), wait_timeout=30)
    queue_installer(DatabaseOpened(db))
    connection = db.open()
    job = connection.root()[KEY][""].put(Job(sample_jobs.add, 1))
    transaction.commit()
    assert wait_for_result(job, 20) == 3
    transaction.abort()
    db.close()


def test_processes_that_queue_at_once_do_not_conflict(queue, launch, start_worker):
    start_worker()
    enqueuers = [launch("engine_enqueuer", 150) for _ in range(2)]
    assert [process.wait(60) for process in enqueuers] == [0, 0]
    assert [process.output().split() for process in enqueuers] == [["0"], ["0"]]
    wait_until(lambda: drained(queue), 60, lambda: f"{len(queue)} jobs are left")
    transaction.begin()
    assert sum(len(agent.completed) + len(agent) for agent in agents(queue)) <= 300


def drained(queue):
    transaction.begin()
    return len(queue) == 0 and not any(len(agent) for agent in agents(queue))


def agents(queue):
    return [agent for record in queue.dispatchers.values() for agent in record.values()]


def test_two_workers_share_a_queue_and_lose_nothing(queue, put, start_worker):
    start_worker("one")
    start_worker("two")
    counters = queue._p_jar.root()["counters"] = PersistentList(sample_jobs.Counter() for _ in range(60))
    transaction.commit()
    jobs = [put(counter.increase) for counter in counters]
    assert [wait_for_result(job, 30) for job in jobs] == [1] * 60
    assert [counter.value for counter in counters] == [1] * 60
    assert {job.agent.parent.UUID for job in jobs} == set(queue.dispatchers.keys())


def test_kill_and_restart_in_mid_job(queue, put, start_worker, tmp_path):
    worker = start_worker()
    job = put(sample_jobs.sleep_in_file, str(tmp_path))
    wait_for_start(job, 20)
    wait_until((tmp_path / "runs").exists, 10, lambda: "the job did not begin")
    worker.send(signal.SIGKILL)
    worker.wait(10)
    transaction.begin()
    assert job.status == ACTIVE
    again = start_worker()
    (tmp_path / "go").touch()
    assert wait_for_result(job, 20) == "done"
    assert (tmp_path / "runs").read_text().split() == [str(worker.pid), str(again.pid)]
    assert queue._p_jar.root()["effects"] == 1
    assert job.interruptions == 1


def test_sigterm_gives_the_job_back(queue, put, start_worker, tmp_path):
    worker = start_worker()
    job = put(sample_jobs.sleep_in_file, str(tmp_path))
    wait_until((tmp_path / "runs").exists, 20, lambda: "the job did not begin")
    worker.send(signal.SIGTERM)
    assert worker.wait(20) == 0
    transaction.begin()
    assert list(queue) == [job]
    assert all(record.activated is None for record in queue.dispatchers.values())


def test_one_identity_serves_one_process(start_worker, launch):
    start_worker("same")
    second = launch("engine_worker", 3, uuid="same")
    assert second.wait(20) != 0
    assert "another running process uses the identity in" in second.output()
