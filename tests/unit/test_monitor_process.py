"""The commands about the process and its databases, in a process with two of them."""

import re
import sys
from contextlib import closing
from contextlib import contextmanager

import pytest
import ZEO
import zope.component
from cluster import ZEOServer
from cluster import choose_ports
from engine_database import open_database
from ZODB.ActivityMonitor import ActivityMonitor
from ZODB.DB import DB
from ZODB.DemoStorage import DemoStorage
from ZODB.interfaces import IDatabase
from zope.component import getUtility
from zope.component import provideUtility
from zope.component.testing import setUp
from zope.component.testing import tearDown
from zope.configuration import xmlconfig

from zc.async_.monitor import IMonitorPlugin
from zc.async_.monitor import IZ3MonitorPlugin
from zc.async_.monitor import Server
from zc.async_.monitor import process
from zc.async_.testing import wait_until


class Peer:
    """A connection that keeps what is written to it."""

    def __init__(self):
        self.text = ""

    def write(self, data):
        self.text += data

    def close(self):
        pass


def ask(line):
    """All that a new connection is answered to one line."""
    peer = Peer()
    Server(peer).handle_input(peer, line)
    return peer.text


@contextmanager
def opened(database, *names):
    """A database that is known by these names, until it is closed."""
    for name in names:
        provideUtility(database, IDatabase, name)
    with closing(database):
        yield database


@pytest.fixture(autouse=True)
def commands():
    setUp()
    xmlconfig.file("configure.zcml", sys.modules["zc.async_.monitor"], xmlconfig.file("meta.zcml", zope.component))
    yield
    tearDown()


@pytest.fixture
def main():
    with opened(DB(None, database_name="main"), "", "main") as database:
        yield database


@pytest.fixture
def other():
    with opened(DB(None, database_name="other"), "other") as database:
        yield database


@pytest.fixture
def zeo(tmp_path):
    """A database on a real ZEO server, as the main one."""
    address, stop = ZEO.server(str(tmp_path / "Data.fs"))
    with opened(ZEO.DB(address, wait_timeout=30), "") as database:
        yield database
    stop()


@pytest.mark.parametrize("name", ["monitor", "dbinfo", "zeocache", "zeostatus"])
def test_they_are_registered_by_zcml(name):
    command = getUtility(IZ3MonitorPlugin, name)
    assert command is getUtility(IMonitorPlugin, name) is getattr(process, name)
    assert f"\n  {name} -- Show " in ask("help")
    assert f"Usage: {name} [" in ask(f"help {name}")


def test_M16_the_first_line_counts_open_connections(main):
    main.open().close()
    assert ask("monitor").splitlines()[0] == "0"
    with main.transaction(), main.transaction():
        assert ask("monitor").splitlines()[0] == "2"


def test_M16_then_comes_the_memory(main):
    assert re.fullmatch(r"0\nVmSize:\t *\d+ kB\nVmRSS:\t *\d+ kB\n", ask("monitor"))


def test_M16_K70_without_proc_the_memory_is_left_out(main, monkeypatch):
    monkeypatch.setattr(process.os, "getpid", lambda: "no-such-process")
    assert ask("monitor") == "0\n"


def test_M16_0_lists_all_by_age_with_their_debug_information(main):
    with main.transaction() as old, main.transaction() as new:
        old.setDebugInfo("the old one")
        new.setDebugInfo("the new one", 17)
        old.opened -= 50
        first, second = ask("monitor 0").splitlines()[-2:]
    assert re.fullmatch(r"0\.\d\d the new one 17 \(\d+\)", first)
    assert re.fullmatch(r"50\.\d\d the old one \(\d+\)", second)


def test_M16_only_those_are_listed_that_are_old_enough(main):
    with main.transaction() as connection:
        connection.opened -= 101
        assert "101." in ask("monitor")
        assert "101." not in ask("monitor 200")


def test_M16_another_database(main, other):
    with other.transaction():
        assert ask("monitor 100 other").splitlines()[0] == "1"
        assert ask("monitor 100").splitlines()[0] == "0"


def test_of_a_request_only_the_path_is_shown(main):
    with main.transaction() as connection:
        connection.setDebugInfo({"PATH_INFO": "/plone/slow", "HTTP_COOKIE": "secret"}, {"form": "secret"})
        line = ask("monitor 0").splitlines()[-1]
    assert re.fullmatch(r"\d\.\d\d /plone/slow \(\d+\)", line)


def test_a_connection_is_one_short_line_of_text(main):
    with main.transaction() as connection:
        connection.setDebugInfo("/a\n\x1b[2Jb" + "x" * 1000)
        line = ask("monitor 0").splitlines()[-1]
    assert " /a??[2Jbxxx" in line
    assert len(line) < 250


@pytest.fixture
def activity(main):
    """What is noted of the main database: of now, one connection that loads and stores its root."""
    noted = ActivityMonitor()
    main.cacheMinimize()
    with main.transaction() as connection:
        connection.getTransferCounts(clear=True)  # forget how the database was made
        main.setActivityMonitor(noted)
        connection.root()["key"] = "value"
    return noted


def test_M17_five_integers(activity):
    loads, stores, connections, objects, active = map(int, ask("dbinfo").split())
    assert (loads, stores, connections) == (1, 1, 1)
    assert objects >= active > 0


def test_M17_the_interval(activity):
    activity.log = [(when - 60, loads, stores) for when, loads, stores in activity.log]
    assert ask("dbinfo - 10").split()[:3] == ["0", "0", "0"]
    assert ask("dbinfo - 100").split()[:3] == ["1", "1", "1"]


def test_M17_a_hyphen_is_the_main_database(activity, other):
    assert ask("dbinfo -") == ask("dbinfo") == ask("dbinfo main") != ask("dbinfo other")


def test_M17_without_an_activity_monitor(main):
    assert re.fullmatch(r"-1 -1 -1 \d+ \d+\n", ask("dbinfo"))


def test_M18_its_client_is_connected(zeo):
    assert ask("zeostatus") == "True\n"


def test_M18_the_figures_of_its_cache(zeo):
    for _ in range(2):
        zeo.cacheMinimize()
        with zeo.transaction() as connection:
            connection.root()["key"] = "value"
    added, size, evicted, size_evicted, accesses = map(int, ask("zeocache").split())
    assert added > 0
    assert size > 0
    assert (evicted, size_evicted) == (0, 0)
    assert accesses > 0


def test_M18_a_server_that_is_away(tmp_path):
    # A server in a thread of this process may end without closing its sockets, which a client takes for silence.
    server = ZEOServer(tmp_path, *choose_ports(None))
    process = server.start()
    with opened(open_database(str(server.port)), ""):
        process.stop()
        wait_until(lambda: ask("zeostatus") == "False\n", 10, lambda: "it is not noticed")
        assert len(ask("zeocache").split()) == 5


def test_M18_a_storage_around_it(zeo):
    with opened(DB(DemoStorage(base=zeo.storage)), "demo"):
        assert ask("zeostatus demo") == "True\n"


@pytest.mark.parametrize("command", ["zeocache", "zeostatus"])
def test_M18_K73_other_storages_are_answered_in_words(main, command):
    assert ask(command) == "[The main database is on a MappingStorage, not on a ZEO server]\n"


@pytest.mark.parametrize("line", ["monitor 0 nothing", "dbinfo nothing", "zeocache nothing", "zeostatus nothing"])
def test_an_unknown_database_is_answered_in_words(main, other, line):
    assert ask(line) == "[No database 'nothing'; there are: -, main, other]\n"


@pytest.mark.parametrize("line", ["monitor soon", "dbinfo - soon"])
def test_what_is_no_number_is_answered_in_words(main, line):
    assert ask(line) == "[Not a number of seconds: soon]\n"
