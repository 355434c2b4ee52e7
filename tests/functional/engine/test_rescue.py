"""Jobs that take their worker with them, and limits that hold across processes."""

import signal
from datetime import timedelta

import pytest
import sample_jobs
import transaction

from zc.async_.interfaces import AbortedError
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional


def test_a_job_that_kills_its_worker_is_given_up(put, start_worker):
    """Started again and again, as by a supervisor, the worker gets past it."""
    poison = put(sample_jobs.kill_worker, retry_policy_factory=sample_jobs.TwoLives)
    for _ in range(2):
        worker = start_worker()
        assert worker.wait(20) == 9
    start_worker()
    assert wait_for_result(poison, 20).check(AbortedError)
    assert [entry.what for entry in poison.timeline].count("rescued") == 2
    assert wait_for_result(put(sample_jobs.add, 1), 20) == 3


def test_a_sibling_rescues_the_jobs_of_a_dead_worker(queue, put, start_worker, tmp_path):
    worker = start_worker("first")
    job = put(sample_jobs.sleep_in_file, str(tmp_path))
    wait_until((tmp_path / "runs").exists, 20, lambda: "the job did not begin")
    worker.send(signal.SIGKILL)
    worker.wait(10)
    (tmp_path / "go").touch()
    transaction.begin()
    (record,) = queue.dispatchers.values()
    record.ping_interval = record.ping_death_interval = timedelta(seconds=1)
    transaction.commit()
    sibling = start_worker("second", poll_interval=0.2)
    assert wait_for_result(job, 30) == "done"
    assert (tmp_path / "runs").read_text().split() == [str(worker.pid), str(sibling.pid)]
    assert queue._p_jar.root()["effects"] == 1


def test_a_quota_holds_across_processes(queue, put, start_worker, tmp_path):
    queue.quotas.create("two", 2)
    transaction.commit()
    for name in "abc":
        start_worker(name)
    jobs = [put(sample_jobs.overlap, str(tmp_path), number, quota_names=("two",)) for number in range(30)]
    assert {wait_for_result(job, 60) for job in jobs} <= {1, 2}


def test_a_larger_quota_takes_effect_at_once(queue, put, start_worker, tmp_path):
    queue.quotas.create("one")
    transaction.commit()
    start_worker()
    jobs = [put(sample_jobs.sleep_in_file, str(tmp_path), quota_names=("one",)) for _ in range(2)]
    wait_for_start(jobs[0], 20)
    transaction.begin()
    assert jobs[1].active_start is None
    queue.quotas["one"].size = 2
    transaction.commit()
    wait_for_start(jobs[1], 20)
    (tmp_path / "go").touch()
