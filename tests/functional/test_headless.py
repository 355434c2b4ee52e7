"""Workers without an HTTP port: what they run, how they end, and what they say if they cannot start."""

import signal
import time
from contextlib import closing
from contextlib import contextmanager
from dataclasses import fields

import pytest
from cluster import choose_ports
from demo.cluster import PACKAGE
from demo.scenario import wait_for_job
from headless import START_LIMIT
from headless import ZOPE_CONF
from headless import Container
from headless import HeadlessClient
from headless import running_server
from headless import wait_until_said
from headless import wait_until_working
from version1 import write_queues
from ZEO.ClientStorage import ClientStorage
from ZODB.DB import DB

from zc.async_.interfaces import KEY
from zc.async_.signals import SAME_ACT
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional

EXIT_LIMIT = 20
"""Seconds; far less than the time that jobs get in these tests, and than ZEO waits for its server."""


@pytest.fixture
def client(lab, browser):
    """The worker of the cluster as one without a port, in an instance home that says it is an instance."""
    lab.processes[lab.worker.name].stop()
    values = {each.name: getattr(lab.worker, each.name) for each in fields(lab.worker)}
    return HeadlessClient(
        **{
            **values,
            "name": "headless",
            "home": lab.home / "headless",
            "include": (PACKAGE, "single_db_instance.zcml"),
            "monitor_port": None,
        }
    )


def launch(lab, client, grace):
    client.environment = {**client.environment, "ZC_ASYNC_GRACE": grace}
    process = lab.launch(client)
    wait_until_working(process)
    return process


def insist(process, number):
    """Send another signal, which is no part of the act that the first one was, until the process has ended."""
    while process.exit_code is None:
        time.sleep(2 * SAME_ACT)
        process.send(number)


def test_it_runs_jobs_and_finishes_one_before_it_ends(lab, browser, client):
    process = launch(lab, client, grace="30")
    address = lab.started_job(browser, pause=3)
    process.terminate()
    assert process.wait(EXIT_LIMIT) == 0, process.tail()
    assert browser.get_json(address)["result"]["worker"] == process.pid
    assert not lab.dispatcher_is_active()
    output = process.output()
    assert "This process ends, as SIGTERM tells it" in output
    assert "1 running job(s) may go on for 30 s" in output
    assert "The worker has ended" in output
    assert "Serving on" not in output


def test_a_job_that_takes_too_long_is_handed_back_and_one_at_a_second_signal_is_rescued(lab, browser, client):
    before = lab.pages()
    process = launch(lab, client, grace="1")
    address = lab.started_job(browser, pause=8)
    process.terminate()
    assert process.wait(EXIT_LIMIT) == 0, process.tail()
    assert "Jobs that did not end within 1 s are left to other workers" in process.output()
    assert not lab.dispatcher_is_active()

    process = launch(lab, client, grace="60")
    wait_until(lab.running_jobs, 10, lambda: "the job is not run again")
    process.terminate()
    wait_until_said(process, "may go on for 60 s")
    insist(process, signal.SIGTERM)
    assert process.exit_code == 128 + signal.SIGTERM
    assert "SIGTERM was the second signal: the process ends at once" in process.output()
    assert lab.dispatcher_is_active(), "nobody could deactivate it"

    process = launch(lab, client, grace="60")
    assert wait_for_job(browser, address)["result"]["worker"] == process.pid
    assert len(lab.pages() - before) == 1
    process.send(signal.SIGINT)
    assert process.wait(EXIT_LIMIT) == 0, process.tail()


# In an empty database, with nothing but an environment


@pytest.fixture
def zeo(tmp_path):
    with running_server(tmp_path / "zeo") as server_and_process:
        yield server_and_process


@pytest.fixture
def container(tmp_path, zeo):
    server, _ = zeo
    container = Container(tmp_path / "worker", f"127.0.0.1:{server.port}")
    yield container
    container.stop()


@contextmanager
def root(server):
    client = ClientStorage(("127.0.0.1", server.port), "1", wait_timeout=10)
    with closing(DB(client)) as database, database.transaction() as connection:
        yield connection.root()


def test_it_makes_its_identity_and_keeps_it(container, zeo):
    server, _ = zeo
    for _ in range(2):
        process = container.start()
        wait_until_working(process)
        process.terminate()
        assert process.wait(EXIT_LIMIT) == 0, process.tail()
    with root(server) as tree:
        (identity,) = tree[KEY][""].dispatchers
    assert str(identity) == container.identity.read_text().partition("\n")[0]


def test_two_do_not_share_an_identity(container):
    first = container.start()
    wait_until_working(first)
    second = container.start()
    assert second.wait(START_LIMIT) == 1
    assert "This worker cannot start: another running process uses the identity in" in second.output()
    assert "Traceback" not in second.output()
    assert first.exit_code is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_the_start_ends_it(container, number):
    process = container.start()
    wait_until_said(process, "Connected to storage")
    process.send(number)
    assert process.wait(EXIT_LIMIT) == 0, process.tail()
    assert "The worker has ended before it began" in process.output()
    assert "Traceback" not in process.output()
    assert "CRITICAL" not in process.output()


def test_it_ends_while_the_database_server_is_away(container, zeo):
    _, zeo_process = zeo
    process = container.start()
    wait_until_working(process)
    zeo_process.stop()
    wait_until_said(process, "Disconnected from storage")
    process.terminate()
    assert process.wait(EXIT_LIMIT) == 0, process.tail()
    assert "Traceback" not in process.output()


@pytest.mark.parametrize(
    ("environment", "code", "message"),
    [
        ({"ZC_ASYNC_UUID": ""}, 2, "set the environment variable ZC_ASYNC_UUID to a path"),
        ({"ZC_ASYNC_UUID": "/dev/null/uuid.txt"}, 2, "cannot write the identity file /dev/null/uuid.txt"),
        ({"ZC_ASYNC_DISABLED": "1"}, 2, "ZC_ASYNC_DISABLED is set"),
        ({"ZC_ASYNC_BASE_URL": "www.example.com"}, 2, "ZC_ASYNC_BASE_URL cannot be used"),
        ({"ZEO_ADDRESS": ""}, 2, "zope.conf"),
        ({"ZOPE_HOME": "/no/such/folder"}, 2, "/no/such/folder"),
    ],
)
def test_what_somebody_must_change_is_told(container, environment, code, message):
    process = container.start(**environment)
    assert process.wait(START_LIMIT) == code, process.tail()
    (line,) = [line for line in process.output().splitlines() if "This worker cannot start: " in line]
    assert message in line
    assert "Traceback" not in process.output()


def test_a_missing_configuration_is_told(container, tmp_path):
    process = container.start(tmp_path / "none.conf")
    assert process.wait(START_LIMIT) == 2, process.tail()
    assert "none.conf" in process.output()
    assert "Traceback" not in process.output()


def test_a_log_without_a_place_is_told(container):
    process = container.start("--logging", ZOPE_CONF, "none.conf")
    assert process.wait(START_LIMIT) == 2, process.tail()
    assert "zope.conf does not say where to log" in process.output()


def test_the_log_goes_where_an_ini_file_says(container, tmp_path):
    ini = tmp_path / "zope.ini"
    ini.write_text(ZOPE_CONF.with_name("zope.ini").read_text().replace("(sys.stderr,)", "(open('%(here)s/log', 'w'),)"))
    process = container.start("--logging", ini, "none.conf")
    assert process.wait(START_LIMIT) == 2
    assert process.output() == ""
    assert "This worker cannot start: none.conf: " in (tmp_path / "log").read_text()


def test_an_absent_database_server_is_told(container, tmp_path):
    (port,) = choose_ports(None)
    hasty = tmp_path / "zope.conf"
    hasty.write_text(ZOPE_CONF.read_text().replace("<zeoclient>", "<zeoclient>\n    wait off"))
    process = container.start(hasty, ZEO_ADDRESS=f"127.0.0.1:{port}")
    assert process.wait(START_LIMIT) == 3, process.tail()
    assert "This worker cannot start: the database cannot be reached: " in process.output()
    assert "Traceback" not in process.output()


def test_queues_of_version_1_are_told(container, zeo):
    server, _ = zeo
    with closing(DB(ClientStorage(("127.0.0.1", server.port), "1", wait_timeout=10))) as database:
        write_queues(database, unfinished=1, completed=0)
    process = container.start()
    assert process.wait(START_LIMIT) == 2, process.tail()
    assert "This worker cannot start: This database has queues of version 1" in process.output()
