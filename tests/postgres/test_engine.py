"""The engine on RelStorage and a real PostgreSQL server, with workers and enqueuers as processes."""

import signal
import time

import pytest
import sample_jobs
import transaction
from persistent.list import PersistentList
from ZODB.blob import Blob

from zc.async_.interfaces import ACTIVE
from zc.async_.job import Job
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until
from zc.async_.workflow import serial


pytestmark = pytest.mark.functional


def test_a_put_in_another_process_is_found_by_asking(put, start_worker):
    """The poll interval is an hour."""
    start_worker()
    for number in range(10):
        assert wait_for_result(put(sample_jobs.add, number), 20) == number + 2


def test_processes_that_queue_at_once_do_not_conflict(queue, launch, start_worker):
    start_worker()
    enqueuers = [launch("engine_enqueuer", 100) for _ in range(2)]
    assert [process.wait(60) for process in enqueuers] == [0, 0]
    assert [process.output().split() for process in enqueuers] == [["0"], ["0"]]
    wait_until(lambda: is_drained(queue), 60, lambda: f"{len(queue)} jobs are left")


def is_drained(queue):
    transaction.begin()
    return not queue and not any(len(agent) for record in queue.dispatchers.values() for agent in record.values())


def test_two_hundred_jobs_are_done_once_each_though_their_worker_is_killed(queue, put, start_worker):
    worker = start_worker()
    counters = queue._p_jar.root()["counters"] = PersistentList(sample_jobs.Counter() for _ in range(200))
    transaction.commit()
    jobs = [put(counter.increase) for counter in counters]
    for done in 50, 120:
        wait_until(lambda done=done: count(counters) >= done, 60, lambda: f"{count(counters)} are done")
        worker.send(signal.SIGKILL)
        worker.wait(10)
        worker = start_worker()
    assert [wait_for_result(job, 60) for job in jobs] == [1] * 200
    assert [counter.value for counter in counters] == [1] * 200


def count(counters):
    transaction.begin()
    return sum(counter.value for counter in counters)


def test_two_workers_share_a_queue_and_lose_nothing(queue, put, start_worker):
    start_worker("one", size=2)
    start_worker("two", size=2)
    batches = [queue.put(serial(*[Job(sample_jobs.add, number) for number in range(5)])) for _ in range(20)]
    transaction.commit()
    for batch in batches:
        wait_for_result(batch, 60)
    assert {batch.agent.parent.UUID for batch in batches} == set(queue.dispatchers.keys())


def test_a_job_whose_worker_is_killed_is_run_again_at_once(queue, put, start_worker, tmp_path):
    worker = start_worker()
    job = put(sample_jobs.sleep_in_file, str(tmp_path))
    wait_until((tmp_path / "runs").exists, 20, lambda: "the job did not begin")
    worker.send(signal.SIGKILL)
    worker.wait(10)
    transaction.begin()
    assert job.status == ACTIVE
    (tmp_path / "go").touch()
    again = start_worker()
    assert wait_for_result(job, 20) == "done"
    assert (tmp_path / "runs").read_text().split() == [str(worker.pid), str(again.pid)]
    assert queue._p_jar.root()["effects"] == 1


def test_a_server_that_is_stopped_and_started_again(server, queue, put, start_worker, tmp_path):
    """Its clients lose their connections in the middle of a job, and both sides go on."""
    worker = start_worker(poll_interval=0.5)
    job = put(sample_jobs.sleep_in_file, str(tmp_path))
    wait_until((tmp_path / "runs").exists, 20, lambda: "the job did not begin")
    server.stop()
    (tmp_path / "go").touch()
    worker.wait_for(lambda: worker.output().count("database server is away") >= 2, "it finds nobody", 20)
    server.start()
    assert wait_for_result(job, 40) == "done"
    assert wait_for_result(put(sample_jobs.add, 40), 20) == 42
    assert queue._p_jar.root()["effects"] == 1
    assert job.interruptions == 0


def test_packing_leaves_what_waits(server, name, queue, put, start_worker):
    waiting = [put(sample_jobs.add, number) for number in range(40)]
    for rubbish in "first", "second":
        queue._p_jar.root()[rubbish] = PersistentList()
        transaction.commit()
        del queue._p_jar.root()[rubbish]
        transaction.commit()
    stored = "select count(*) from object_state"
    before = int(server.ask(stored, name))
    queue._p_jar.db().pack(time.time() + 1)
    assert int(server.ask(stored, name)) == before - 2
    start_worker()
    assert [wait_for_result(job, 30) for job in waiting] == [number + 2 for number in range(40)]


def test_a_job_reads_and_writes_blobs(queue, put, start_worker):
    blob = queue._p_jar.root()["blob"] = Blob(b"what a request has stored")
    transaction.commit()
    start_worker()
    wait_for_result(put(sample_jobs.turn_blob_round, "blob"), 20)
    with blob.open() as file:
        assert file.read() == b"derots sah tseuqer a tahw"


def test_an_idle_worker_holds_no_view_of_the_database(server, name, queue, put, start_worker):
    """The server could not clean up what is changed as long as it does."""
    start_worker()
    wait_for_result(put(sample_jobs.add, 1), 20)
    transaction.abort()
    queue._p_jar.close()
    query = f"select count(*) from pg_stat_activity where datname = '{name}' and state like 'idle in transaction%'"
    wait_until(lambda: server.ask(query).strip() == "0", 10, lambda: server.ask(query))
