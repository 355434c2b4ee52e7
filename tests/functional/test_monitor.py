"""The monitors of an instance and a worker, as the product configuration asks for them."""

import json
import random
import re

import pytest
from cluster import wait_until
from demo.scenario import wait_for_job
from flood import ask_in_flood
from flood import flood


pytestmark = pytest.mark.functional


@pytest.fixture(params=["instance", "worker"])
def ask(request, lab, worker):
    """Ask the monitor of either process."""
    client = getattr(lab, request.param)
    return lambda line: lab.ask_monitor(line, client)


def test_M1_P34_help(ask):
    answer = ask("help")
    assert answer.startswith("Supported commands:\n")
    names = re.findall(r"(?m)^  (\w+) -- ", answer)
    assert names == sorted(names)
    ours = {"async", "asyncdb", "dbinfo", "help", "interactive", "monitor", "quit", "zeocache", "zeostatus"}
    assert ours <= set(names)


def test_P34_K87_dbinfo_shows_real_numbers(ask, lab, browser):
    wait_for_job(browser, lab.queue_job(browser))
    wait_until(lambda: min(map(int, ask("dbinfo").split())) > 0, "all is counted", 10)


def test_M18_P34_its_zeo_client(ask):
    assert ask("zeostatus") == "True\n"
    assert len(ask("zeocache main").split()) == 5


def test_M16_P34_open_connections_and_memory(ask):
    count, size, resident, *connections = ask("monitor 0").splitlines()
    assert int(count) == len(connections)
    assert re.fullmatch(r"VmSize:\s+\d+ kB", size)
    assert re.fullmatch(r"VmRSS:\s+\d+ kB", resident)


@pytest.mark.parametrize("purpose", ["dispatcher", "worker thread of agent 'main'"])
def test_the_worker_tells_what_its_connections_are_for(lab, worker, purpose):
    line = re.compile(rf"(?m)^\d+\.\d\d {purpose} \(\d+\)$")
    wait_until(lambda: line.search(lab.ask_monitor("monitor 0")), "it is listed", 10)


def test_P34_async_status(lab, worker):
    status = json.loads(lab.ask_monitor("async status"))
    assert status["status"] == "RUNNING"
    assert status["poll interval"] == {"seconds": 2.0}
    assert status["uuid"] == lab.ask_monitor("async UUID").strip()


def test_K69_a_flood_holds_up_neither_jobs_nor_for_long_other_questions(lab, browser, worker):
    with flood(lab.connect_to_monitor, random.Random(7)):
        for _ in range(3):
            assert not wait_for_job(browser, lab.queue_job(browser))["failed"]
        port = lab.worker.monitor_port
        wait_until(lambda: ask_in_flood(port, "zeostatus") == "True\n", "there is room for a question", 10)
    wait_until(lambda: '"status": "RUNNING"' in ask_in_flood(port, "async status"), "the dispatcher runs", 10)
    assert worker.exit_code is None


def test_K65_M32_M49_asyncdb(ask, lab, browser):
    wait_for_job(browser, lab.queue_job(browser))
    assert json.loads(ask("asyncdb UUIDs")) == [lab.ask_monitor("async UUID").strip()]
    last = json.loads(ask("asyncdb lastcompleted"))
    assert (last["status"], last["failed"], last["agent"]) == ("completed", False, "main")
    assert json.loads(ask("asyncdb count completed end:since1H")) >= 1


def test_M41_jobs_of_this_worker(lab, browser, worker):
    wait_for_job(browser, lab.queue_job(browser))
    assert json.loads(lab.ask_monitor("asyncdb count completed uuid:THIS")) >= 1
