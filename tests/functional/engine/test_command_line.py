"""``plone-async`` on a ZEO server whose workers die, or which goes away."""

import signal
import socket
import subprocess
from datetime import timedelta

import pytest
import sample_jobs
import transaction
from cluster import ZEOServer
from cluster import choose_ports
from command_line import PROGRAM
from command_line import ask
from command_line import make_queues
from engine_database import open_database

from zc.async_.interfaces import KEY
from zc.async_.job import Job
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional


@pytest.fixture
def on(zeo):
    return "--zeo", f"127.0.0.1:{zeo.port}"


def test_looking_writes_nothing(queue, put, on):
    job = str(int.from_bytes(put(sample_jobs.add, 1)._p_oid, "big"))
    storage = queue._p_jar.db().storage
    before = storage.lastTransaction()

    for words in (("status",), ("jobs",), ("show", job), ("workers",), ("quota",), ("check",)):
        assert ask(*words, *on).code in (0, 1)

    storage.ping()
    assert storage.lastTransaction() == before


def test_check_explains_a_dead_worker_that_holds_a_quota(queue, put, start_worker, on, tmp_path):
    queue._p_jar.root()[KEY].ping_interval = timedelta(seconds=1)
    queue._p_jar.root()[KEY].ping_death_interval = timedelta(seconds=1)
    queue.quotas.create("single", 1)
    transaction.commit()
    worker = start_worker()
    put(sample_jobs.sleep_in_file, str(tmp_path), quota_names=("single",))
    put(sample_jobs.add, 1, quota_names=("single",))
    wait_until((tmp_path / "runs").exists, 20, lambda: "the job did not begin")
    worker.send(signal.SIGKILL)
    worker.wait(10)

    codes = set()

    def found():
        codes.clear()
        codes.update(each["code"] for each in ask("check", "--json", *on).json if each["is_problem"])
        return codes >= {"no-worker-alive", "worker-silent", "quota-held-by-the-dead"}

    wait_until(found, 30, lambda: f"found {codes}")
    text = ask("check", *on).out
    assert f"process {worker.pid} on host" in text

    (tmp_path / "go").touch()
    start_worker(poll_interval=0.1)
    wait_until(lambda: ask("check", *on).code == 0, 30, lambda: ask("check", *on).out)


@pytest.fixture
def tail(tmp_path):
    """Start ``tail``, whose two streams go to files; it is ended after the test."""
    running = []

    def start(*on):
        with (tmp_path / "out").open("w") as out, (tmp_path / "error").open("w") as error:
            running.append(subprocess.Popen([PROGRAM, "tail", *on], stdout=out, stderr=error))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait(10)


def test_a_server_that_goes_away_while_jobs_are_followed(tmp_path, tail):
    """A ZEO client that is just told nothing more would follow for ever."""
    (port,) = choose_ports(None)
    server = ZEOServer(tmp_path / "leaving", port).start()
    try:
        db = open_database(str(port))
        with db.transaction() as connection:
            make_queues(connection.root())
        process = tail("--zeo", f"127.0.0.1:{port}", "--timeout", "10")

        def told(callable):
            return callable.__name__ in (tmp_path / "out").read_text()

        def put(callable):
            with db.transaction() as connection:
                connection.root()[KEY][""].put(Job(callable))
            return told(callable)

        wait_until(lambda: put(sample_jobs.who), 60, (tmp_path / "error").read_text)
        put(sample_jobs.fail)
        wait_until(lambda: told(sample_jobs.fail), 60, (tmp_path / "error").read_text)
        db.close()
    finally:
        server.stop()
    assert process.wait(60) == 3
    assert unreachable(tmp_path)


def test_a_server_that_goes_away_while_it_is_asked(tmp_path, tail):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        process = tail("--zeo", f"127.0.0.1:{server.getsockname()[1]}", "--timeout", "2")
        accepted, _ = server.accept()
        accepted.close()
    assert process.wait(60) == 3
    assert unreachable(tmp_path)


def unreachable(folder):
    """Whether the program said that, in one line."""
    (line,) = (folder / "error").read_text().splitlines()
    return line.startswith("plone-async: storage '1' of the ZEO server at")
