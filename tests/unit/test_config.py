"""What an instance and a worker start, and where."""

import logging
import sys
import uuid
from types import SimpleNamespace

import pytest
import Zope2
from restarted_server import Client
from version1 import write_queues
from ZODB.ActivityMonitor import ActivityMonitor
from ZODB.DB import DB
from ZODB.interfaces import IDatabase
from zope.component import getUtility
from zope.component import provideHandler
from zope.component import provideUtility
from zope.component import queryUtility
from zope.component.testing import setUp
from zope.component.testing import tearDown

from plone.app.async_ import config
from plone.app.async_ import databases
from plone.app.async_ import monitoring
from plone.app.async_ import process
from plone.app.async_ import worker as worker_module
from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.interfaces import IInitAsync
from zc.async_ import dispatcher
from zc.async_ import instanceuuid
from zc.async_ import monitor
from zc.async_.interfaces import IUUID
from zc.async_.interfaces import KEY
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.subscribers import agent_installer
from zc.async_.testing import wait_until


@pytest.fixture
def zope(monkeypatch, tmp_path):
    """A Zope process with a main and an other database, about to start."""
    setUp()
    group = {}
    main = DB(None, databases=group, database_name="main")
    other = DB(None, databases=group, database_name="other")
    monkeypatch.setattr(Zope2, "DB", main, raising=False)
    monkeypatch.setattr(Zope2, "opened", [main])
    monkeypatch.setattr(process, "handle_signals", lambda: None)
    monkeypatch.setattr(process.atexit, "register", lambda function: None)
    monkeypatch.setenv(instanceuuid.key, str(tmp_path / "uuid.txt"))
    monkeypatch.delenv(worker_module.DISABLED, raising=False)
    monkeypatch.delitem(sys.modules, process.CONSOLE, raising=False)
    configuration = SimpleNamespace(product_config={})
    monkeypatch.setattr(monitoring, "getConfiguration", lambda: configuration)
    provideHandler(agent_installer, [IDispatcherActivated])
    yield SimpleNamespace(main=main, other=other, configuration=configuration)
    end()
    other.close()
    dispatcher.clear()
    tearDown()


def end():
    """As ``Zope2.Startup.serve`` ends."""
    for database in Zope2.opened:
        database.close()


def test_databases_become_utilities(zope):
    config.InitSingleDBInstance().register_databases()
    assert getUtility(IDatabase) is zope.main
    assert getUtility(IDatabase, "main") is zope.main
    assert getUtility(IDatabase, "other") is zope.other
    assert getUtility(IAsyncDatabase) is zope.main


@pytest.mark.parametrize("role", [config.InitSingleDBInstance, config.InitSingleDBWorker])
def test_no_object_gets_a_number_twice_after_a_restart_of_the_server(zope, monkeypatch, role):
    client = Client()
    monkeypatch.setattr(zope.main, "storage", client)
    role().register_databases()
    before = client.new(3)
    client.start_server(1)
    assert not {*before} & {*client.new(200)}
    monkeypatch.undo()


def test_the_root_database_stands_in_for_main(zope, monkeypatch):
    root = DB(None, database_name="unnamed")
    monkeypatch.setattr(Zope2, "DB", root)
    assert databases.find("main") is root
    with pytest.raises(LookupError, match="<zodb_db async>"):
        databases.find("async")
    root.close()


@pytest.fixture
def queues(zope):
    """The database called async of that process."""
    database = DB(None, databases=zope.main.databases, database_name="async")
    yield database
    end()
    database.close()


@pytest.mark.parametrize("role", [config.InitMultiDBInstance, config.InitMultiDBWorker])
def test_the_queues_are_in_the_database_called_async(zope, queues, role):
    role().register_databases()
    assert getUtility(IDatabase) is zope.main
    assert getUtility(IAsyncDatabase) is getUtility(IDatabase, "async") is queues


def test_a_multi_db_worker_makes_its_queues_there_and_nowhere_else(zope, queues):
    config.InitMultiDBWorker().init()
    assert dispatcher.get(getUtility(IUUID)).db is queues
    with queues.transaction() as connection:
        assert "" in connection.root()[KEY]
    with zope.main.transaction() as connection:
        assert KEY not in connection.root()


def test_without_a_role_the_queues_are_in_the_database_called_async_if_there_is_one(zope, request):
    assert config.worker_file() == "single_db_worker.zcml"
    request.getfixturevalue("queues")
    assert config.worker_file() == "multi_db_worker.zcml"


@pytest.mark.parametrize(
    ("role", "file"),
    [(config.InitSingleDBInstance, "single_db_worker.zcml"), (config.InitMultiDBInstance, "multi_db_worker.zcml")],
)
def test_workers_go_where_the_role_of_the_process_has_its_queues(zope, queues, role, file):
    provideUtility(role(), IInitAsync)
    assert config.worker_file() == file


def test_without_the_database_the_error_says_what_to_write(zope):
    with pytest.raises(databases.NoSuchDatabase, match=r"(?s)zope.conf .*<zodb_db async>.*mount-point /zasync"):
        config.InitMultiDBWorker().init()


@pytest.mark.parametrize(("name", "warnings"), [("0async", 1), ("async", 0)])
def test_a_storage_of_the_queues_that_sorts_first_is_warned_of(zope, queues, caplog, name, warnings):
    """Commits are finished in that order; a job must not be there before its content."""
    zope.main.storage.__name__ = "1"
    queues.storage.__name__ = name
    config.InitMultiDBInstance().register_databases()
    found = [record.getMessage() for record in caplog.records if "Rename the storage" in record.getMessage()]
    assert len(found) == warnings
    assert all("storage 0async before 1" in message for message in found)


def test_an_instance_has_its_identity_and_runs_nothing(zope):
    config.InitSingleDBInstance().init()
    identity = getUtility(IUUID)
    assert identity == instanceuuid.getUUID()
    assert dispatcher.get(identity) is None
    with zope.main.transaction() as connection:
        assert KEY not in connection.root()


def test_an_instance_needs_no_identity(zope, monkeypatch):
    monkeypatch.delenv(instanceuuid.key)
    config.InitSingleDBInstance().init()
    assert queryUtility(IUUID) is None


def test_an_instance_whose_identity_is_taken_goes_without(zope, caplog):
    instanceuuid.getUUID()
    lock = instanceuuid.lock()
    config.InitSingleDBInstance().init()
    lock.close()
    assert queryUtility(IUUID) is None
    assert "another running process uses the identity" in caplog.text


def test_a_worker_runs_a_dispatcher_until_the_databases_are_closed(zope):
    init = config.InitSingleDBWorker()
    init.init()
    running = dispatcher.get(getUtility(IUUID))
    assert running.poll_interval == 2
    assert init.reactor() is running.reactor

    def record():
        with zope.main.transaction() as connection:
            record = connection.root()[KEY][""].dispatchers.get(running.UUID)
            return record and (record.activated, list(record))

    wait_until(record, 6, lambda: "the dispatcher made no record")
    activated, agents = record()
    assert activated is not None
    assert agents == ["main"]
    seen = []
    Zope2.opened.insert(1, SimpleNamespace(close=lambda: seen.append(record()[0])))
    end()
    Zope2.opened.clear()
    assert seen == [None], "not deactivated, or not before the databases were closed"
    assert not running.thread.is_alive()


def test_a_second_init_does_nothing(zope):
    init = config.InitSingleDBWorker()
    init.init()
    opened = list(Zope2.opened)
    init.init()
    assert Zope2.opened == opened


@pytest.mark.parametrize("value", ["1", "yes"])
def test_a_worker_can_be_disabled(zope, monkeypatch, value):
    monkeypatch.setenv(worker_module.DISABLED, value)
    config.InitSingleDBWorker().init()
    assert dispatcher.get(instanceuuid.getUUID()) is None


def test_a_worker_without_identity_says_what_to_set(zope, monkeypatch, caplog):
    monkeypatch.delenv(instanceuuid.key)
    config.InitSingleDBWorker().init()
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.name == "plone.app.async"
    assert "ZC_ASYNC_UUID" in record.getMessage()
    assert dispatcher._dispatchers == {}


def test_a_worker_with_a_wrong_base_url_says_so(zope, monkeypatch, caplog):
    monkeypatch.setenv("ZC_ASYNC_BASE_URL", "www.example.com")
    config.InitSingleDBWorker().init()
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "No jobs are run here: the environment variable ZC_ASYNC_BASE_URL cannot be used" in record.getMessage()
    assert dispatcher._dispatchers == {}


def test_a_worker_that_meets_queues_of_version_1_says_what_to_do_and_leaves_them_alone(zope, caplog):
    write_queues(zope.main, unfinished=1, completed=0)
    before = zope.main.lastTransaction()
    config.InitSingleDBWorker().init()
    assert "queues of version 1" in next(each for each in caplog.messages if each.startswith("No jobs are run here"))
    assert dispatcher._dispatchers == {}
    assert zope.main.lastTransaction() == before


PROBLEMS = [
    ("ZC_ASYNC_DISABLED", "1", r"ZC_ASYNC_DISABLED is set"),
    ("ZC_ASYNC_UUID", "", r"set the environment variable ZC_ASYNC_UUID to a path"),
    ("ZC_ASYNC_UUID", "/dev/null/uuid.txt", r"cannot write the identity file"),
    ("ZC_ASYNC_BASE_URL", "www.example.com", r"ZC_ASYNC_BASE_URL cannot be used"),
]


@pytest.mark.parametrize(("variable", "value", "message"), PROBLEMS)
def test_a_worker_that_serves_nobody_does_not_live_on_without_jobs(zope, monkeypatch, variable, value, message):
    monkeypatch.setenv(variable, value)
    worker = config.InitSingleDBWorker()
    worker.serves = False
    with pytest.raises(worker_module.PROBLEMS, match=message):
        worker.init()
    assert dispatcher._dispatchers == {}


def test_a_worker_that_ends_gives_jobs_the_time_that_the_queues_say(zope, monkeypatch):
    given = []
    monkeypatch.setattr(worker_module, "stop_dispatcher", lambda one, seconds: given.append(seconds) or True)
    worker = config.InitSingleDBWorker()
    worker._dispatcher = SimpleNamespace(grace=40.0, getActiveJobIds=lambda: [(1, "main")])
    for value in ("", "7"):
        monkeypatch.setenv(process.GRACE, value)
        worker.stop()
    assert given == [40.0, 7.0]


def test_a_worker_whose_identity_is_taken_ends_the_process(zope, caplog):
    instanceuuid.getUUID()
    lock = instanceuuid.lock()
    with pytest.raises(SystemExit, match="another running process uses the identity"):
        config.InitSingleDBWorker().init()
    lock.close()
    assert dispatcher._dispatchers == {}
    assert "CRITICAL" in caplog.text


def test_K87_events_reach_the_registered_role(zope):
    calls = []
    role = SimpleNamespace(register_databases=lambda: calls.append("databases"), init=lambda: calls.append("init"))
    config.databases_opened(None)
    config.process_starting(None)
    provideUtility(role, IInitAsync)
    config.databases_opened(None)
    config.process_starting(None)
    assert calls == ["databases", "init"]


def test_a_script_knows_the_databases_and_starts_nothing(zope, monkeypatch):
    monkeypatch.setitem(sys.modules, process.CONSOLE, SimpleNamespace())
    provideUtility(config.InitSingleDBWorker(), IInitAsync)
    config.databases_opened(None)
    config.process_starting(None)
    assert getUtility(IAsyncDatabase) is zope.main
    assert queryUtility(IUUID) is None
    assert len(Zope2.opened) == 1


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ({}, None),
        ({"port": "8080"}, 8080),
        ({"port": "8080", "bind": "8081"}, 8080),
        ({"bind": "8081"}, 8081),
        ({"bind": "localhost:8081"}, ("localhost", 8081)),
        ({"bind": ":8081"}, 8081),
        ({"bind": "[::1]:8081"}, ("::1", 8081)),
        ({"bind": "/var/run/monitor.sock"}, "/var/run/monitor.sock"),
    ],
)
def test_M19_P34_where_the_monitor_listens(options, address):
    assert monitoring.configured_address(options) == address


@pytest.mark.parametrize("role", [config.InitSingleDBInstance, config.InitSingleDBWorker])
def test_M19_K87_the_monitor_is_opened_in_any_role(zope, role):
    zope.configuration.product_config["zc.z3monitor"] = {"bind": "127.0.0.1:0"}
    role().init()
    assert monitor.last_listener.address[0] == "127.0.0.1"
    assert isinstance(zope.main.getActivityMonitor(), ActivityMonitor)
    assert isinstance(zope.other.getActivityMonitor(), ActivityMonitor)


def test_M19_without_an_address_activity_is_counted_all_the_same(zope, monkeypatch):
    monkeypatch.setattr(monitoring.monitor, "start", None)
    zope.configuration.product_config["zc.z3monitor"] = {}
    config.InitSingleDBInstance().init()
    assert isinstance(zope.main.getActivityMonitor(), ActivityMonitor)


def test_M19_an_activity_monitor_that_is_there_stays(zope):
    zope.configuration.product_config["zc.z3monitor"] = {}
    before = ActivityMonitor()
    zope.main.setActivityMonitor(before)
    config.InitSingleDBWorker().init()
    assert zope.main.getActivityMonitor() is before


def test_without_product_configuration_there_is_no_monitor(zope, monkeypatch):
    monkeypatch.setattr(monitoring.monitor, "start", None)
    config.InitSingleDBInstance().init()
    assert zope.main.getActivityMonitor() is None


@pytest.mark.parametrize("options", [{"port": "many"}, {"port": "70000"}, {"bind": "/no/such/folder/socket"}])
def test_a_monitor_that_cannot_start_is_logged_and_no_more(zope, options, caplog):
    zope.configuration.product_config["zc.z3monitor"] = options
    config.InitSingleDBInstance().init()
    assert "The monitor of <product-config zc.z3monitor> cannot start" in caplog.text


def test_identities_of_two_workers_differ(tmp_path, monkeypatch):
    seen = set()
    for name in "one", "two":
        monkeypatch.setenv(instanceuuid.key, str(tmp_path / name))
        seen.add(instanceuuid.getUUID())
    assert len(seen) == 2
    assert all(isinstance(each, uuid.UUID) for each in seen)
