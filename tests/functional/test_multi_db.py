"""Queues in a second storage of the ZEO server, with an instance and a worker."""

import io
import os
import signal
from contextlib import closing
from pathlib import Path

import plone_jobs
import pytest
from cluster import ASYNC
from cluster import MAIN
from command_line import ask
from demo.cluster import MULTI_DB
from demo.cluster import SITE
from demo.scenario import run_a_job
from demo.scenario import wait_for_job
from lab import Lab
from ZODB._compat import PersistentUnpickler
from ZODB.utils import get_pickle_metadata
from ZODB.utils import p64

from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import KEY
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional

EXIT_LIMIT = 10
OURS = ("zc.async", "plone.app.async")

QUEUE = f"""\
import plone_jobs
import transaction
from ZODB.utils import u64
from zope.component import getUtility
from zope.component.hooks import setSite
from plone.app.async_.interfaces import IAsyncService

site = app[{SITE!r}]
setSite(site)
job = getUtility(IAsyncService).queueJob(plone_jobs.count_run_and_die_once, site)
transaction.commit()
print("QUEUED", u64(job._p_oid), job._p_jar.db().database_name)
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PYTHONPATH", str(Path(plone_jobs.__file__).parent), prepend=os.pathsep)
        with Lab(tmp_path_factory.mktemp("multi-db"), layout=MULTI_DB) as lab:
            yield lab


@pytest.fixture(scope="module")
def browser(lab):
    return lab.log_in()


def records(lab, storage):
    """All records of a storage."""
    with closing(lab.open(storage)) as client:
        yield from (record.data for transaction in client.iterator() for record in transaction)


def foreign_references(data):
    """References in a record to objects of another database; such are lists that begin with a letter."""
    found = []
    unpickler = PersistentUnpickler(None, found.append, io.BytesIO(data))
    unpickler.noload()
    unpickler.noload()
    return [each for each in found if isinstance(each, list) and each[0] in ("m", "n")]


def test_P33_P42_the_queues_are_in_their_database_and_the_content_in_the_other(lab, browser, worker):
    job = run_a_job(lab, lambda line: None)
    with lab.root(ASYNC) as root:
        assert [str(uuid) for uuid in root[KEY][""].dispatchers] == [job["worker"]]
    with lab.root(MAIN) as root:
        assert KEY not in root
    assert "Jobs are run here" in worker.output()
    assert "Jobs are run here" not in lab.processes["instance"].output()
    written = {MAIN: list(records(lab, MAIN)), ASYNC: list(records(lab, ASYNC))}
    assert [data for data in written[MAIN] if get_pickle_metadata(data)[0].startswith(OURS)] == []
    assert [data for data in written[MAIN] + written[ASYNC] if foreign_references(data)] == []


def test_a_killed_worker_runs_its_job_again_once(lab, browser, worker):
    before = lab.pages()
    address = lab.started_job(browser, pause=2)
    worker.kill()
    assert lab.pages() == before
    next_worker = lab.running_worker()
    job = wait_for_job(browser, address)
    assert job["result"]["worker"] == next_worker.pid
    assert len(lab.pages() - before) == 1


def test_a_worker_that_dies_between_the_databases_has_its_job_run_again(lab, worker, tmp_path):
    """The one moment in which effects and result can part; see docs/explanation/two-databases.rst."""
    script = tmp_path / "script.py"
    script.write_text(QUEUE)
    output = lab.instance.run_script(script)
    (line,) = [line for line in output.splitlines() if line.startswith("QUEUED")]
    oid, database = line.split()[1:]
    assert database == "async"

    def job():
        with lab.root(ASYNC) as root:
            job = root._p_jar.get(p64(int(oid)))
            return job.status, job.result

    def runs():
        with lab.root(MAIN) as root:
            return getattr(root["Application"]._getOb(SITE), "runs_of_jobs", 0)

    assert worker.wait(20) == 9
    assert (runs(), job()) == (1, (ACTIVE, None))
    lab.running_worker()
    assert wait_until(lambda: job()[1], 20, lambda: f"the job is {job()}") == runs() == 2


def test_P33_P43_a_worker_is_not_needed_to_queue(lab, browser, worker):
    worker.send(signal.SIGTERM)
    assert worker.wait(EXIT_LIMIT) == 0
    assert not lab.dispatcher_is_active()
    with lab.root(ASYNC, read_only=False) as root:
        del root[KEY]  # as if there had never been one
    address = lab.queue_job(browser)
    with lab.root(ASYNC) as root:
        assert len(root[KEY][""]) == 1
    next_worker = lab.running_worker()
    assert wait_for_job(browser, address)["result"]["worker"] == next_worker.pid


def test_the_command_line_finds_the_queues(lab):
    for on in (
        ("-C", lab.worker.configuration),
        ("-C", lab.instance.configuration, "--database", "async"),
        ("--zeo", f"127.0.0.1:{lab.zeo.port}", "--storage", ASYNC.name),
    ):
        answer = ask("status", "--json", *on)
        assert (answer.code, answer.err) == (0, "")
        assert answer.json["workers_alive"] == 1
    assert ask("check", "-C", lab.worker.configuration).out == "No problems found.\n"
    assert "no queues yet" in ask("status", "--zeo", f"127.0.0.1:{lab.zeo.port}").err
