"""Where the command works, and that it only reads."""

import pytest
import sample_jobs
import transaction
import zope.component
from agents_by_hand import hire
from agents_by_hand import renames
from agents_by_hand import work
from asking import ask
from asking import asks
from ZEO.Exceptions import ClientDisconnected
from ZODB.interfaces import IDatabase

from zc.async_ import instanceuuid
from zc.async_.connections import IQueuesDatabase
from zc.async_.job import Job
from zc.async_.monitordb import asyncdb


NOTHING = {
    "UUIDs": [],
    "status": {},
    "jobs pending active completed": [],
    "count pending active completed": 0,
    "nextpending": None,
    "lastcompleted": None,
}


@pytest.mark.parametrize("line", NOTHING)
def test_K43_M49_before_there_are_queues(db, line):
    before = db.lastTransaction()
    assert asks(line) == NOTHING[line]
    assert db.lastTransaction() == before


def test_K43_M49_figures_and_jobs_before_there_are_queues(db):
    assert asks("jobstats pending completed")["pending"] == 0
    assert ask(asyncdb, "job", "1") == "[There is no job 1 in the database 'unnamed']\n"


@pytest.fixture
def unknown_database(db):
    """The process does not say which is its main database."""
    zope.component.getSiteManager().unregisterUtility(db, IDatabase)


def test_K65_M49_a_process_without_a_dispatcher(unknown_database, db, put):
    put(sample_jobs.add, 1)
    assert ask(asyncdb, "count", "pending").startswith("[This process knows no database with queues: it runs no disp")
    zope.component.provideUtility(db, IQueuesDatabase)
    assert asks("count pending") == 1


def test_the_database_of_a_dispatcher(unknown_database, put, dispatch):
    put(sample_jobs.add, 1)
    dispatch(uid=instanceuuid.current(), activate=False)
    assert asks("count pending") == 1


def breaks_down(*args):
    raise ClientDisconnected("no server")


def test_while_the_database_server_is_away(db, put, monkeypatch):
    put(sample_jobs.add, 1)
    before = open_connections(db)
    monkeypatch.setattr(Job, "function_name", property(breaks_down))
    assert ask(asyncdb, "count", "pending", "callable:add") == "[The database server is away]\n"
    assert open_connections(db) == before


def open_connections(db):
    return [info["info"] for info in db.connectionDebugInfo() if info["opened"]]


@pytest.mark.parametrize("line", [*NOTHING, "job 99", "jobstats pending completed display:details", "traceback 99"])
def test_M50_nothing_stays_open_and_nothing_is_written(db, all_states, line):
    before = open_connections(db), db.lastTransaction()
    ask(asyncdb, *line.split())
    assert (open_connections(db), db.lastTransaction()) == before


@pytest.mark.parametrize("line", ["jobs", "jobs pending start:since5", "job x"])
def test_M50_nothing_stays_open_after_an_error(db, all_states, line):
    before = open_connections(db)
    with pytest.raises(ValueError):
        asks(line)
    assert open_connections(db) == before


def test_M50_each_question_sees_what_is_there_now(put):
    for number in range(1, 4):
        put(sample_jobs.add, number)
        assert asks("count pending") == len(asks("jobs pending")) == number


def test_M50_whatever_the_filter_of_an_agent_does_is_undone(queue, put):
    hire(queue, filter=renames)
    job = put(sample_jobs.add, 1)
    assert asks("count pending agent:main") == 1
    transaction.begin()
    assert job.failure_log_level is None


@pytest.mark.parametrize(
    ("line", "limit"),
    [("count pending", 0), ("count completed", 16), ("status", 1), ("jobs pending count:2", 16), ("nextpending", 2)],
)
def test_no_more_jobs_are_loaded_than_needed(db, agent, put, line, limit):
    for number in range(60):
        put(sample_jobs.add, number)
    for _ in range(30):
        work(agent)
    db.cacheMinimize()
    asks(line)
    loaded = sum(1 for info in db.cacheExtremeDetail() if info["klass"] == "zc.async_.job.Job" and info["state"] == 0)
    assert loaded <= limit


def test_K83_M51_jobs_are_listed_whose_function_is_gone(db, put, monkeypatch):
    put(sample_jobs.add, 1), put(sample_jobs.Counter().increase, 2)
    monkeypatch.delattr(sample_jobs, "add")
    monkeypatch.delattr(sample_jobs.Counter, "increase")
    db.cacheMinimize()
    assert asks("count pending callable:add") == asks("count pending callable:increase") == 1
    assert "sample_jobs.add" in asks("jobs pending display:repr")[0]
    assert len(asks("jobs pending display:details")) == 2
    assert asks("nextpending")["args"] == ["1"]
