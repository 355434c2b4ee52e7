"""The tools as functions, and their help."""

from datetime import timedelta

import pytest
import sample_jobs
from asking import ask
from ZODB.utils import u64

from zc.async_ import monitordb


def test_the_tools_are_functions(connection, put):
    job = put(sample_jobs.add, 1)
    number = u64(job._p_oid)
    assert list(monitordb.jobs(connection, "pending", callable="add", count="1")) == [job]
    assert monitordb.count(connection, "pending") == 1
    assert monitordb.job(connection, number) == monitordb.jobsummary(job) == monitordb.nextpending(connection)
    assert monitordb.jobstats(connection, "pending")["longest wait"] == [timedelta(), job]
    assert monitordb.traceback(connection, number) is None
    assert monitordb.lastcompleted(connection) is None
    assert monitordb.UUIDs(connection) == []
    assert {*monitordb.status(connection)} == {""}
    assert monitordb.help(connection, "UUIDs").startswith("List the dispatchers that are activated.\n")


@pytest.mark.parametrize("mistake", [{"start": "1H"}, {"display": "x"}, {"count": "x"}])
def test_a_mistake_is_told_at_the_call(connection, mistake):
    with pytest.raises(ValueError):
        monitordb.jobs(connection, "pending", **mistake)


def test_M20_help():
    lines = ask(monitordb.asyncdb).splitlines()
    assert [line.partition(":")[0] for line in lines[lines.index("") + 1 :]] == sorted(monitordb.funcs)
    assert all(line[-1] == "." for line in lines[lines.index("") + 1 :])


def test_M20_help_of_a_tool():
    assert ask(monitordb.asyncdb, "help") == ask(monitordb.asyncdb)
    told = ask(monitordb.asyncdb, "help", "jobs")
    assert told.startswith("List the jobs in these states that fulfil all filters.\n\nUsage: jobs STATE... ")
    assert ask(monitordb.asyncdb, "help", "nothing") == "Unknown async tool\n"
    assert ask(monitordb.asyncdb, "nothing") == "[Unknown tool name for this command: nothing]\n"
