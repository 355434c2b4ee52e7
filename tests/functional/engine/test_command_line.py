"""``plone-async`` on a ZEO server whose workers die, or which goes away."""

import signal
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
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional

CONNECTED = "ServerProtocol"
"""What the log of a ZEO server says of each client that comes."""


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


def test_a_server_that_goes_away(tmp_path):
    (port,) = choose_ports(None)
    server = ZEOServer(tmp_path / "leaving", port).start()
    on = "--zeo", f"127.0.0.1:{port}", "--timeout", "10"
    try:
        db = open_database(str(port))
        with db.transaction() as connection:
            make_queues(connection.root())
        db.close()
        connected = server.output().count(CONNECTED)
        tail = subprocess.Popen([PROGRAM, "tail", *on], stderr=subprocess.PIPE, text=True)
        try:
            wait_until(lambda: server.output().count(CONNECTED) > connected, 60, server.tail)
            server.stop()
            assert tail.wait(60) == 3
            error = tail.stderr.read()
        finally:
            tail.kill()
            tail.wait(10)
            tail.stderr.close()
    finally:
        server.stop()
    assert error.startswith("plone-async: storage '1' of the ZEO server at")
    assert len(error.splitlines()) == 1
