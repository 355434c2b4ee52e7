"""One identity in two processes: the later one works, the earlier one notices and stands idle."""

import importlib.metadata
import os
import socket
import uuid

import pytest
import sample_jobs
import transaction

from zc.async_ import clock
from zc.async_ import dispatcher as dispatchers
from zc.async_ import heartbeat
from zc.async_.dispatchers import DispatcherAgents
from zc.async_.processinfo import ProcessInfo
from zc.async_.processinfo import this_process
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


IDENTITY = uuid.UUID(int=1)
HERE, THERE = ProcessInfo("a.example", 1, 1_000_000, "2.0"), ProcessInfo("b.example", 1, 2_000_000, "2.0")


@pytest.fixture
def process_at(dispatch, monkeypatch):
    """Start a dispatcher as if that process did; all have one identity."""

    def start(process, **options):
        monkeypatch.setattr(heartbeat, "this_process", lambda: process)
        dispatchers._dispatchers.pop(IDENTITY, None)
        return dispatch(uid=IDENTITY, **options)

    return start


def record_of(queue):
    transaction.begin()
    return queue.dispatchers[IDENTITY]


def test_a_record_tells_of_its_process_and_old_ones_know_none(queue, process_at):
    process_at(HERE, activate=False).poll()
    assert record_of(queue).process == HERE
    assert str(HERE) == "process 1 on host a.example"
    assert DispatcherAgents(IDENTITY).process is None


def test_this_process():
    here = this_process()
    assert (here.host, here.pid) == (socket.gethostname(), os.getpid())
    assert here.started <= clock.now()
    assert here.version == importlib.metadata.version("plone.app.async")


def test_the_later_process_works_and_the_earlier_one_notices(queue, process_at, log):
    first = process_at(HERE, activate=False)
    first.poll()
    process_at(THERE, activate=False).poll()
    first.poll()
    assert record_of(queue).process == THERE
    assert record_of(queue).ousted == HERE
    warning, error = (entry.getMessage() for entry in log.records if entry.levelname in ("WARNING", "ERROR"))
    assert "from process 1 on host a.example" in warning
    assert error.startswith("process 1 on host b.example took over")
    assert "This one, process 1 on host a.example, takes no more jobs" in error


def test_the_earlier_process_notices_without_waiting_for_its_poll(queue, process_at):
    first = process_at(HERE, poll_interval=3600)
    wait_until(lambda: first.last_poll, 6, lambda: "the first process did not begin")
    process_at(THERE, poll_interval=3600)
    wait_until(lambda: record_of(queue).ousted == HERE, 6, lambda: "the first process did not notice")


def test_the_earlier_process_takes_no_more_jobs_even_if_the_later_one_ends(queue, put, process_at):
    first = process_at(HERE, activate=False)
    first.poll()
    second = process_at(THERE, activate=False)
    second.poll()
    first.poll()
    second.deactivate()
    put(sample_jobs.add, 1)
    assert not first.poll()


def test_what_the_earlier_process_runs_is_committed_by_the_later_one_only(
    connection, put, process_at, wait_for_arrival
):
    job = put(sample_jobs.mark_and_hold, "job")
    process_at(HERE)
    wait_for_arrival("job")
    sample_jobs.GATES.arrived.clear()
    process_at(THERE)
    wait_for_arrival("job")
    sample_jobs.GATES.open_all()
    assert wait_for_result(job) == "job"
    transaction.begin()
    assert connection.root()["job"] == 1
    assert job.interruptions == 1


def test_a_restart_on_the_same_host_with_the_same_pid_takes_over_at_once(queue, put, process_at):
    """As in a container, where each process is the first."""
    killed = process_at(HERE, activate=False)
    killed.poll()
    put(sample_jobs.add, 1)
    again = process_at(HERE, activate=False)
    assert again.poll()
    assert record_of(queue).ousted is None
