"""A worker that is cut off from the others, and comes back."""

import pytest
import sample_jobs
import transaction

from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional


def test_a_worker_that_was_cut_off_for_too_long_commits_nothing_stale(queue, put, start_worker, tmp_path):
    """Its job was given to another meanwhile, who has the only effect; and it works on afterwards."""
    host, worker = start_worker()
    job = put(sample_jobs.sleep_in_file, str(tmp_path))
    wait_until((tmp_path / "runs").exists, 20, lambda: "the job did not begin")
    _, sibling = start_worker()
    host.cut()
    runs = tmp_path / "runs"
    wait_until(lambda: len(runs.read_text().split()) == 2, 30, lambda: "nobody rescued the job")
    (tmp_path / "go").touch()
    assert wait_for_result(job, 20) == "done"
    taken_by = job.agent.parent.UUID
    host.mend()
    wait_until(lambda: "was reassigned" in worker.output(), 60, lambda: f"it does not notice: {worker.tail()}")
    transaction.begin()
    assert queue._p_jar.root()["effects"] == 1
    assert runs.read_text().split() == [str(worker.pid), str(sibling.pid)]
    assert (job.result, job.interruptions, job.agent.parent.UUID) == ("done", 1, taken_by)
    sibling.stop()
    later = put(sample_jobs.add, 40)
    assert wait_for_result(later, 30) == 42
    assert taken_by != later.agent.parent.UUID


def test_a_worker_that_was_cut_off_for_a_moment_keeps_its_job(queue, put, start_worker, tmp_path):
    host, worker = start_worker()
    job = put(sample_jobs.sleep_in_file, str(tmp_path))
    wait_until((tmp_path / "runs").exists, 20, lambda: "the job did not begin")
    start_worker()
    host.cut()
    (tmp_path / "go").touch()
    host.mend()
    assert wait_for_result(job, 30) == "done"
    assert (tmp_path / "runs").read_text().split() == [str(worker.pid)]
    assert queue._p_jar.root()["effects"] == 1
