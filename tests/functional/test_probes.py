"""A real worker under plone.observability: its probes, its metrics, and its server gone and back."""

import json
import re
import sys
from dataclasses import dataclass
from dataclasses import fields
from urllib.error import HTTPError
from urllib.request import ProxyHandler
from urllib.request import build_opener

import pytest
from cluster import Client
from cluster import Process
from cluster import choose_ports
from cluster import wait_until
from demo.scenario import wait_for_job
from lab import Lab


pytestmark = pytest.mark.functional

OPENER = build_opener(ProxyHandler({}))


@dataclass
class Probed(Client):
    """A client with a health server, as the installation guide of plone.observability has it."""

    health_port: int = 0

    def write(self):
        super().write()
        ini = self.home / "etc" / "zope.ini"
        text = ini.read_text("utf-8")
        ini.write_text(text.replace("pipeline =\n", "pipeline =\n    egg:plone.observability#healthserver\n"), "utf-8")

    def start(self):
        self.write()
        command = [sys.executable, "-m", "Zope2.Startup.serve", self.home / "etc" / "zope.ini"]
        environment = {
            "PLONE_OBSERVABILITY_HEALTH_HOST": "127.0.0.1",
            "PLONE_OBSERVABILITY_HEALTH_PORT": str(self.health_port),
        }
        return Process(self.name, command, self.log, environment, self.home)


class ProbedLab(Lab):
    def __init__(self, home):
        super().__init__(home)
        (port,) = choose_ports(None)
        given = {field.name: getattr(self.worker, field.name) for field in fields(self.worker)}
        self.worker = Probed(**given, health_port=port)

    def probe(self, kind):
        """Whether the worker is ``live`` or ``ready``, and what our checks say, in one text."""
        try:
            answer = OPENER.open(f"http://127.0.0.1:{self.worker.health_port}/{kind}", timeout=60)
        except HTTPError as error:
            answer = error
        with answer:
            checks = json.load(answer)["checks"]
        return answer.status == 200, " ".join(
            check["message"] for name, check in checks.items() if name.startswith("plone.app.async")
        )


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with ProbedLab(tmp_path_factory.mktemp("probes")) as lab:
        yield lab


@pytest.fixture(scope="module")
def browser(lab):
    return lab.log_in()


def test_a_worker_is_alive_and_ready_and_counts_its_jobs(lab, browser, worker):
    wait_until(lambda: lab.probe("ready")[0], "it is ready", 20)
    live, words = lab.probe("live")
    assert live
    assert re.search(r"dispatcher \S+ is RUNNING", words)
    _, words = lab.probe("ready")
    assert "looked for jobs" in words
    assert "database 'main' is connected" in words

    before = counted(lab)
    assert not wait_for_job(browser, lab.queue_job(browser))["failed"]

    wait_until(lambda: counted(lab) == before + 1, "the job is counted", 10)
    assert re.search(r'^plone_async_workers\{scope="global",state="alive"\} 1$', metrics(lab.instance), re.M)


def test_the_line_of_a_job_names_site_and_user_and_bears_its_id(lab, browser, worker):
    address = lab.queue_job(browser)
    assert not wait_for_job(browser, address)["failed"]
    number = re.search(r"id=(\d+)", address)[1]

    def line():
        return re.search(rf"^.* INFO \[zc\.async\.jobs\]\[job {number}\] (id={number} .*)$", worker.output(), re.M)

    words = wait_until(line, "the line is in the log", 10)[1].split()
    assert {"outcome=succeeded", "site=/Plone", "user=editor", "agent=main", "db=main", 'queue=""'} <= set(words)
    assert worker.output().count(f" id={number} ") == 1


def test_a_server_that_is_away_makes_it_unready_but_not_dead(lab, browser, worker):
    lab.processes["zeo"].stop()
    try:
        wait_until(lambda: not lab.probe("ready")[0], "it is not ready", 60)
        told = wait_until(lambda: "the server of database 'main' is away" in lab.probe("ready")[1], "it says why", 60)
        assert told
        assert lab.probe("live")[0]
        assert json.loads(lab.ask_monitor("async health"))["ready"] is False
    finally:
        lab.start_server()
    wait_until(lambda: lab.probe("ready")[0], "it is ready again", 60)
    assert not wait_for_job(browser, lab.queue_job(browser))["failed"]


def metrics(client):
    with OPENER.open(f"{client.url}/@@metrics", timeout=60) as answer:
        return answer.read().decode()


def counted(lab):
    """How many jobs of the default queue the worker says have succeeded since it started."""
    found = re.search(r'^plone_async_outcomes_total\{.*outcome="succeeded"\} (\d+)$', metrics(lab.worker), re.M)
    return int(found[1]) if found else 0
