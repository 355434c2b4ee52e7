"""How a worker ends, and what becomes of its jobs."""

import signal
import time
from dataclasses import replace

import pytest
from cluster import choose_ports
from demo.scenario import wait_for_job


pytestmark = pytest.mark.functional

EXIT_LIMIT = 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_P33_a_signal_ends_the_worker_and_its_dispatcher(lab, worker, number):
    worker.send(number)
    assert worker.wait(EXIT_LIMIT) == 0
    assert not lab.dispatcher_is_active()


def test_a_job_in_hand_is_finished_before_the_worker_ends(lab, browser, worker):
    address = lab.started_job(browser, pause=2)
    worker.send(signal.SIGTERM)
    assert worker.wait(EXIT_LIMIT) == 0
    job = browser.get_json(address)
    assert job["completed"]
    assert job["result"]["worker"] == worker.pid


def test_a_job_that_takes_too_long_is_left_to_the_next_worker(lab, browser, worker):
    before = lab.pages()
    address = lab.started_job(browser, pause=8)
    worker.send(signal.SIGTERM)
    assert worker.wait(EXIT_LIMIT) == 0
    assert not lab.dispatcher_is_active()
    assert lab.pages() == before
    next_worker = lab.running_worker()
    job = wait_for_job(browser, address)
    assert job["result"]["worker"] == next_worker.pid
    assert len(lab.pages() - before) == 1


def test_P13_P32_a_killed_worker_runs_its_job_again_once_and_at_once(lab, browser, worker):
    before = lab.pages()
    pause = 3
    address = lab.started_job(browser, pause)
    worker.kill()
    assert lab.dispatcher_is_active(), "nobody could deactivate it"
    assert lab.pages() == before
    next_worker = lab.running_worker()
    serving = time.monotonic()
    job = wait_for_job(browser, address)
    assert time.monotonic() - serving < pause + 3
    assert not job["failed"]
    assert job["result"]["worker"] == next_worker.pid
    assert len(lab.pages() - before) == 1


def test_a_second_worker_with_the_same_identity_refuses(lab, worker):
    (port,) = choose_ports(None)
    second = replace(lab.worker, name="second worker", home=lab.home / "second", port=port, monitor_port=None)
    process = lab.launch(second)
    assert process.wait(60) == 1
    assert "another running process uses the identity" in process.output()
    assert lab.worker.environment["ZC_ASYNC_UUID"] in process.output()
    assert worker.exit_code is None
    assert lab.dispatcher_is_active()
