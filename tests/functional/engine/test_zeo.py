"""The engine alone over a real ZEO server, with workers and enqueuers as processes."""

import signal

import pytest
import sample_jobs
import transaction
import ZEO
from persistent.list import PersistentList

from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import KEY
from zc.async_.interfaces import NEW
from zc.async_.interfaces import DatabaseOpened
from zc.async_.job import Job
from zc.async_.subscribers import queue_installer
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until
from zc.async_.workflow import parallel
from zc.async_.workflow import serial


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


def test_E87_two_workers_share_a_queue_and_lose_nothing(queue, put, start_worker):
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


def kill_in_the_middle(worker, runs):
    """Kill a worker as soon as the file tells that it is in the middle of its work."""
    wait_until(runs.exists, 20, lambda: "the work did not begin")
    worker.send(signal.SIGKILL)
    worker.wait(10)
    transaction.begin()


def test_K9_kill_in_mid_callback(queue, start_worker, tmp_path):
    job = Job(sample_jobs.mark, "job")
    callback = job.addCallback(Job(sample_jobs.sleep_in_file_with, str(tmp_path)))
    last = job.addCallback(str)
    worker = start_worker()
    queue.put(job)
    transaction.commit()
    kill_in_the_middle(worker, tmp_path / "runs")
    assert (job.status, job.result, callback.status) == (CALLBACKS, "job", ACTIVE)
    start_worker()
    (tmp_path / "go").touch()
    assert wait_for_result(job, 20) == "job"
    assert (callback.result, last.result) == (("done", "job"), "job")
    assert callback.interruptions == 1
    assert queue._p_jar.root()["job"] == queue._p_jar.root()["effects"] == 1


def test_E75_K25_kill_in_mid_batch_and_go_on_elsewhere(queue, start_worker, tmp_path):
    steps = [Job(sample_jobs.add, 1), Job(sample_jobs.sleep_in_file, str(tmp_path)), Job(sample_jobs.mark, "last")]
    batch = serial(*steps, postprocess=sample_jobs.results)
    worker = start_worker()
    queue.put(batch)
    transaction.commit()
    kill_in_the_middle(worker, tmp_path / "runs")
    assert (batch.status, steps[1].status, steps[2].status) == (ACTIVE, ACTIVE, NEW)
    start_worker()
    (tmp_path / "go").touch()
    assert wait_for_result(batch, 20) == [3, "done", "last"]
    assert queue._p_jar.root()["last"] == queue._p_jar.root()["effects"] == 1


def test_K33_batches_across_two_workers(queue, start_worker):
    start_worker("one", size=2)
    start_worker("two", size=2)
    batches = []
    for number in range(12):
        make = serial if number % 2 else parallel
        steps = [Job(sample_jobs.add, step) for step in range(5)]
        batches.append(queue.put(make(*steps, postprocess=sample_jobs.results)))
        transaction.commit()
    assert [wait_for_result(batch, 60) for batch in batches] == [[2, 3, 4, 5, 6]] * 12
