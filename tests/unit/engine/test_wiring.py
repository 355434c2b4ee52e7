"""Installing queues, agents and dispatchers by hand, by configure and by ZCML; signals, and Twisted's reactor."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from textwrap import dedent

import pytest
import sample_jobs
import transaction
import ZODB
import zope.component
from asking import asks
from asking import ids
from twisted.internet.selectreactor import SelectReactor
from ZODB.DemoStorage import DemoStorage
from ZODB.interfaces import IConnection
from zope.configuration import xmlconfig
from zope.interface.verify import verifyObject

from zc.async_ import configure
from zc.async_ import dispatcher as dispatchers
from zc.async_ import farewell
from zc.async_ import instanceuuid
from zc.async_ import local
from zc.async_ import signals
from zc.async_ import subscribers
from zc.async_.agent import Agent
from zc.async_.interfaces import IUUID
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import DispatcherActivated
from zc.async_.interfaces import IdentityError
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.interfaces import IJob
from zc.async_.interfaces import IMonitorPlugin
from zc.async_.interfaces import IObjectAdded
from zc.async_.interfaces import IQueue
from zc.async_.interfaces import IReactor
from zc.async_.job import Job
from zc.async_.queue import Queue
from zc.async_.subscribers import AgentInstaller
from zc.async_.subscribers import QueueInstaller
from zc.async_.subscribers import ThreadedDispatcherInstaller
from zc.async_.subscribers import TwistedDispatcherInstaller
from zc.async_.subscribers import multidb_queue_installer
from zc.async_.subscribers import queue_installer
from zc.async_.subscribers import restore_signal_handlers
from zc.async_.subscribers import signal_handlers
from zc.async_.subscribers import stop_dispatcher
from zc.async_.testing import Reactor
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until


@pytest.fixture(autouse=True)
def identity(tmp_path, monkeypatch):
    """Each test has a folder of its own for its identity."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(instanceuuid.key, raising=False)
    return tmp_path / "uuid.txt"


@pytest.fixture
def stopped():
    """End the dispatchers of the test."""
    yield
    sample_jobs.GATES.open_all()
    for one in dispatchers.registered():
        if one.activated is not None:
            stop_dispatcher(one, 5)
    sample_jobs.GATES.reset()


@pytest.fixture
def databases():
    opened = {}
    for name in ("main", "async"):
        ZODB.DB(DemoStorage(name), databases=opened, database_name=name)
    yield opened
    transaction.abort()
    for db in list(opened.values()):
        db.close()


# Identity


def test_E6_identities_are_uuids(identity):
    assert isinstance(instanceuuid.UUID, uuid.UUID)
    assert IUUID.providedBy(instanceuuid.UUID)


def test_E7_the_named_file_is_made(tmp_path, monkeypatch):
    file = tmp_path / "deep" / "worker.txt"
    monkeypatch.setenv("ZC_ASYNC_UUID", str(file))
    made = instanceuuid.getUUID()
    assert file.read_text().splitlines()[:2] == [str(made), "-" * 72]
    assert instanceuuid.getUUID() == made == instanceuuid.UUID
    assert [each.name for each in file.parent.iterdir()] == ["worker.txt"]


@pytest.mark.parametrize("value", [None, ""])
def test_E8_without_the_variable_it_is_in_the_current_folder(identity, monkeypatch, value):
    if value is not None:
        monkeypatch.setenv("ZC_ASYNC_UUID", value)
    assert identity.name == "uuid.txt"
    assert not identity.exists()
    made = instanceuuid.getUUID()
    assert identity.read_text().startswith(str(made))


def test_K54_importing_writes_no_file(tmp_path):
    code = "import zc.async_.subscribers, zc.async_.configure, zc.async_.testing, zc.async_.monitor"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), check=True)
    assert [*tmp_path.iterdir()] == []


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), instanceuuid.key: ""}


@pytest.mark.parametrize("content", [b"", b"nonsense\n", b"\xff\xfe\n"])
def test_K54_a_file_without_identity_is_named(identity, content):
    identity.write_bytes(content)
    with pytest.raises(IdentityError, match=r"uuid\.txt holds no UUID"):
        instanceuuid.getUUID()


def test_a_file_that_cannot_be_read_is_named(identity):
    identity.mkdir()
    with pytest.raises(IdentityError, match=r"cannot read the identity file .*uuid\.txt"):
        instanceuuid.getUUID()


def test_a_file_system_without_hard_links_is_told(identity, monkeypatch):
    def refuse(source, target):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(IdentityError, match=r"cannot write the identity file .*uuid\.txt: .*not permitted"):
        instanceuuid.getUUID()
    assert [*identity.parent.glob("uuid*")] == []


def test_K54_two_dispatchers_with_one_identity_are_refused(db, stopped):
    first = ThreadedDispatcherInstaller(signals=False)(DatabaseOpened(db))
    assert instanceuuid.getUUID() == first.UUID
    with pytest.raises(IdentityError, match="another running process"):
        ThreadedDispatcherInstaller(signals=False)(DatabaseOpened(db))
    stop_dispatcher(first)
    with pytest.raises(ValueError, match="already registered"):
        ThreadedDispatcherInstaller(signals=False)(DatabaseOpened(db))
    dispatchers.pop(first.UUID)
    ThreadedDispatcherInstaller(signals=False)(DatabaseOpened(db))


def test_an_identity_of_another_origin_locks_no_file(db, stopped, identity):
    zope.component.provideUtility(uuid.uuid4(), IUUID)
    one = ThreadedDispatcherInstaller(signals=False)(DatabaseOpened(db))
    assert instanceuuid.current() == one.UUID
    assert not identity.exists()
    assert dispatchers.get() is one


# Queues


def test_E115_queues_are_made_once(db, log):
    added = []
    zope.component.provideHandler(lambda event: added.append((event.object, event.name)), [IObjectAdded])
    for _ in range(2):
        queue_installer(DatabaseOpened(db))
    connection = db.open()
    container = connection.root()[KEY]
    assert [name for _, name in added] == [KEY, ""]
    assert isinstance(container[""], Queue)
    assert [record.getMessage() for record in log.records] == ["queues collection added", "queue '' added"]
    connection.close()


def test_E115_queues_may_be_added_later(db):
    made = []

    def factory(connection, name):
        made.append(name)
        return Queue()

    queue_installer(DatabaseOpened(db))
    QueueInstaller(("", "mail", "index"), factory)(DatabaseOpened(db))
    assert made == ["mail", "index"]


def test_E115_the_queues_may_live_in_another_database(databases):
    for _ in range(2):
        multidb_queue_installer(DatabaseOpened(databases["main"]))
    connection = databases["main"].open()
    container = connection.root()[KEY]
    assert container._p_jar is container[""]._p_jar is connection.get_connection("async")
    connection.close()


def test_an_error_of_the_factory_changes_nothing(db):
    with pytest.raises(ValueError, match="broken"):
        QueueInstaller(factory=lambda connection, name: sample_jobs.fail())(DatabaseOpened(db))
    connection = db.open()
    assert KEY not in connection.root()
    connection.close()


def test_queues_in_another_database_are_worked_on(databases, stopped):
    zope.component.provideHandler(AgentInstaller("main"), [IDispatcherActivated])
    multidb_queue_installer(DatabaseOpened(databases["main"]))
    sizes = {name: db.getPoolSize() for name, db in databases.items()}
    one = dispatchers.Dispatcher(databases["main"], poll_interval=3600, uuid=uuid.uuid4())
    one.activate()
    connection = databases["main"].open()
    queue = connection.root()[KEY][""]
    for number in range(5):
        job = queue.put(Job(sample_jobs.add, number))
        transaction.commit()
        assert wait_for_result(job) == number + 2
    assert (int.from_bytes(job._p_oid, "big"), "async") in one.jobs
    one.deactivate()
    connection.close()
    assert sizes == {name: db.getPoolSize() for name, db in databases.items()}


@pytest.fixture
def queue_in_async(databases, stopped):
    """A queue in the database ``async``, reached from ``main``, and a dispatcher that works on it."""
    zope.component.provideHandler(AgentInstaller("main"), [IDispatcherActivated])
    multidb_queue_installer(DatabaseOpened(databases["main"]))
    one = dispatchers.Dispatcher(databases["main"], uuid=uuid.uuid4())
    one.activate()
    connection = databases["main"].open()
    yield connection.root()[KEY][""]
    transaction.abort()
    connection.close()
    one.deactivate()


def store_in_main(queue, name, job):
    queue._p_jar.get_connection("main").root()[name] = job
    transaction.commit()
    return job


def test_a_job_that_is_stored_in_another_database_is_refused(queue_in_async):
    """Queues know their jobs by their numbers, which are those of one database."""
    queue = queue_in_async
    job = store_in_main(queue, "job", Job(sample_jobs.add, 1))
    with pytest.raises(ValueError, match="it is stored in the database 'main' already, and this queue is in 'async'"):
        queue.put(job)
    assert (job.queue, job._p_changed, len(queue)) == (None, False, 0)
    done = queue.put(Job(sample_jobs.add, 1))
    transaction.commit()
    wait_for_result(done)
    late = store_in_main(queue, "late", Job(sample_jobs.add))
    with pytest.raises(ValueError, match="stored in the database 'main'"):
        done.addCallback(late)
    transaction.abort()
    assert done.callbacks == ()


def look_around(result):
    local.checkCancelled()
    local.setLiveAnnotation("seen", result)
    return local.getLiveAnnotation("kept"), local.getLiveAnnotation("seen")


def test_a_callback_that_is_stored_in_another_database_finds_its_notes(queue_in_async):
    callback = Job(look_around)
    callback.annotations["kept"] = "before"
    store_in_main(queue_in_async, "callback", callback)
    job = Job(sample_jobs.add, 1)
    job.addCallback(callback)
    queue_in_async.put(job)
    transaction.commit()
    assert wait_for_result(job) == 3
    assert callback.result == ("before", 3)
    assert dict(callback.annotations) == {"kept": "before", "seen": 3}


# Agents


def activation(queue):
    record = queue.dispatchers.register(uuid.uuid4())
    return record, DispatcherActivated(record)


def test_E116_agents_are_installed_once(queue, log):
    record, event = activation(queue)
    installer = AgentInstaller("main", size=7)
    installer(event)
    agent = record["main"]
    AgentInstaller("main", size=9)(event)
    assert record["main"] is agent
    assert agent.size == 7
    assert [entry.getMessage() for entry in log.records] == [
        "agent 'main' added to queue ''",
        "agent 'main' already in queue ''",
    ]


@pytest.mark.parametrize(("names", "installed"), [(None, True), ([""], True), (["other"], False), ([], False)])
def test_E116_agents_may_be_for_some_queues(queue, names, installed):
    record, event = activation(queue)
    AgentInstaller("main", queue_names=names)(event)
    assert ("main" in record) is installed


def test_E116_an_agent_chooses_in_one_way():
    with pytest.raises(ValueError, match="cannot set both chooser and filter to non-None"):
        AgentInstaller("main", chooser=len, filter=len)


def test_the_old_handler_installs_an_agent(queue):
    from zc.async_.agent import addMainAgentActivationHandler

    record, event = activation(queue)
    for _ in range(2):
        addMainAgentActivationHandler(event)
    assert isinstance(record["main"], Agent)


# Signals


@pytest.fixture
def handlers():
    """Put back the handlers of the test run."""
    before = {number: signal.getsignal(number) for number in signals.HANDLED}
    yield before
    for number, handler in before.items():
        signal.signal(number, handler)
    signal_handlers.clear()


@pytest.fixture
def one(db, queue, dispatch):
    return dispatch()


def test_E117_handlers_are_restored(db, queue, handlers, stopped):
    dispatcher = ThreadedDispatcherInstaller()(DatabaseOpened(db))
    pairs = signal_handlers[id(dispatcher)]
    assert {number: previous for number, (previous, _) in pairs.items()} == handlers
    assert all(signal.getsignal(number) is current for number, (_, current) in pairs.items())
    stop_dispatcher(dispatcher)
    assert {number: signal.getsignal(number) for number in handlers} == handlers
    assert signal_handlers == {}
    restore_signal_handlers(dispatcher)


def test_E117_handlers_that_came_after_ours_stay(one, handlers):
    signals.install_signal_handlers(one, stop_dispatcher)

    def later(number, frame):
        pass

    signal.signal(signal.SIGTERM, later)
    restore_signal_handlers(one)
    assert signal.getsignal(signal.SIGTERM) is later
    assert signal.getsignal(signal.SIGINT) is handlers[signal.SIGINT]


def test_K55_another_thread_handles_no_signals(one, handlers, log):
    thread = threading.Thread(target=signals.install_signal_handlers, args=(one, stop_dispatcher))
    thread.start()
    thread.join()
    assert signal_handlers == {}
    assert {number: signal.getsignal(number) for number in handlers} == handlers
    assert "it handles no signals" in log.text


def test_K55_an_ignored_signal_stays_ignored(one, handlers):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signals.install_signal_handlers(one, stop_dispatcher)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    assert signal.SIGTERM not in signal_handlers[id(one)]


def test_K55_sigint_stops_the_dispatcher_and_does_what_it_did_before(one, handlers):
    heard = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, one.activated)))
    signals.install_signal_handlers(one, stop_dispatcher)
    os.kill(os.getpid(), signal.SIGINT)
    wait_until(lambda: heard, 5, lambda: "no signal")
    assert heard == [(signal.SIGINT, None)]


@pytest.mark.parametrize("previous", [signal.SIG_DFL, lambda number, frame: None])
def test_K55_sigterm_waits_for_deactivation(connection, queue, one, handlers, previous):
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    signal.signal(signal.SIGTERM, previous)
    signals.install_signal_handlers(one, stop_dispatcher)
    with pytest.raises(SystemExit):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert one.activated is None
    transaction.begin()
    assert queue.dispatchers[one.UUID].activated is None


def test_K55_a_dispatcher_that_hangs_does_not_keep_the_process(one, handlers, log, monkeypatch):
    monkeypatch.setattr(farewell, "GRACE", 0)
    monkeypatch.setattr(farewell, "PATIENCE", 0.05)
    hanging = threading.Event()
    signal.signal(signal.SIGINT, lambda number, frame: None)
    signals.install_signal_handlers(one, lambda dispatcher, grace: hanging.wait(10))
    os.kill(os.getpid(), signal.SIGINT)
    wait_until(lambda: "did not end in time" in log.text, 5, lambda: log.text)
    hanging.set()


def test_a_signal_grants_running_jobs_their_time_and_waits_for_the_last_transaction_as_well(
    one, handlers, log, monkeypatch
):
    monkeypatch.setattr(farewell, "PATIENCE", 0.05)
    heard, given = [], []

    def stop_slowly(dispatcher, grace):
        given.append(grace)
        threading.Event().wait(0.3)  # less than what running jobs get, more than the last transaction does

    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    signals.install_signal_handlers(one, stop_slowly)
    os.kill(os.getpid(), signal.SIGINT)
    wait_until(lambda: heard, 5, lambda: "no signal")
    assert given == [farewell.GRACE]
    assert "did not end in time" not in log.text


def script(code, folder):
    """A process that runs the code."""
    return subprocess.Popen(
        [sys.executable, "-c", dedent(code)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_signal_after_the_dispatcher_s_end_is_a_first_one_again(one, handlers, monkeypatch):
    heard = []
    monkeypatch.setattr(signals, "SAME_ACT", 0)
    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    signals.install_signal_handlers(one, stop_dispatcher)
    for times in 1, 2:
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: len(heard) == times, 5, lambda: f"heard {heard}")  # noqa: B023
    assert one.activated is None


IMPATIENT = """
    import logging, threading, time
    import ZODB, transaction
    from ZODB.DemoStorage import DemoStorage
    from zc.async_ import configure, farewell
    from zc.async_.interfaces import IQueue

    def work():
        print("working", flush=True)
        time.sleep(60)

    logging.basicConfig()
    farewell.GRACE = 60
    configure.base()
    db = ZODB.DB(DemoStorage())
    dispatcher = configure.start(db)
    connection = db.open()
    IQueue(connection).put(work)
    transaction.commit()
    try:
        threading.Event().wait()
    finally:
        print("in order", flush=True)
    """


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_script_at_once(tmp_path, first, second):
    with script(IMPATIENT, tmp_path) as process:
        assert process.stdout.readline() == "working\n", process.stderr.read()
        process.send_signal(first)
        while process.poll() is None:  # not before the first one is handled, and some time after it
            time.sleep(2 * signals.SAME_ACT)
            process.send_signal(second)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (128 + second, ""), errors
    assert f"{second.name} was the second signal: the process ends at once" in errors


SCRIPT = """
    import signal, sys, time
    import ZODB, transaction
    from ZODB.DemoStorage import DemoStorage
    from zc.async_ import configure
    from zc.async_.interfaces import IQueue

    signal.signal(signal.SIGINT, {previous})
    configure.base()
    db = ZODB.DB(DemoStorage())
    dispatcher = configure.start(db, poll_interval=1)
    connection = db.open()
    job = IQueue(connection).put(time.monotonic)
    transaction.commit()
    while job.status != "completed-status":
        time.sleep(0.01)
        transaction.begin()
    try:
        print("ready", flush=True)
        time.sleep(30)
    finally:
        print("activated:", dispatcher.activated, flush=True)
    """


@pytest.mark.parametrize(
    ("previous", "number", "status", "last"),
    [
        ("signal.SIG_DFL", signal.SIGTERM, 0, "activated: None\n"),
        ("signal.default_int_handler", signal.SIGINT, -signal.SIGINT, "activated: None\n"),
        ("signal.SIG_DFL", signal.SIGINT, -signal.SIGINT, ""),
    ],
)
def test_E118_K55_a_plain_script_ends_orderly(tmp_path, previous, number, status, last):
    with script(SCRIPT.format(previous=previous), tmp_path) as process:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (status, last), errors


# Configure


def test_E118_base_and_start_give_a_working_system(db, stopped, handlers):
    configure.base()
    configure.start(db)
    connection = db.open()
    job = IQueue(connection).put(sample_jobs.add, begin_by=None)
    job.args.append(1)
    transaction.commit()
    assert wait_for_result(job) == 3
    assert IQueue(job) is IQueue(connection)
    assert IConnection(job) is connection


def test_K58_starting_twice_is_harmless(db, stopped, handlers):
    configure.base()
    configure.base()
    first = configure.start(db, agent_size=2)
    assert configure.start(db, agent_size=5) is first
    assert len(dispatchers.registered()) == 1
    stop_dispatcher(first)
    second = configure.start(db, agent_size=5)
    assert second is not first
    assert second.UUID == first.UUID
    (registration,) = zope.component.getSiteManager().registeredHandlers()
    assert registration.handler.size == 5


def test_a_second_database_needs_a_dispatcher_of_its_own(db, databases, stopped, handlers):
    configure.base()
    configure.start(db)
    with pytest.raises(IdentityError):
        configure.start(databases["main"])


@pytest.mark.parametrize("value", [sample_jobs.add, len, [].append, {}.__repr__, sample_jobs.Counter().increase])
def test_K29_callables_are_jobs(value):
    configure.minimal()
    assert isinstance(IJob(value), Job)


# Twisted's reactor


def test_E112_a_dispatcher_lives_as_long_as_the_reactor(db, connection, queue):
    zope.component.provideUtility(uuid.uuid4(), IUUID)
    zope.component.provideHandler(AgentInstaller("main"), [IDispatcherActivated])
    reactor = SelectReactor()
    one = TwistedDispatcherInstaller(reactor=reactor)(DatabaseOpened(db))
    assert one.activated is None
    thread = threading.Thread(target=reactor.run, kwargs={"installSignalHandlers": False})
    thread.start()
    job = queue.put(Job(reactor_of_job))
    transaction.commit()
    assert wait_for_result(job) == id(reactor)
    assert queue.dispatchers[one.UUID].activated is not None
    reactor.callFromThread(reactor.stop)
    thread.join(10)
    assert not thread.is_alive()
    assert one.activated is None
    transaction.begin()
    assert queue.dispatchers[one.UUID].activated is None


def reactor_of_job():
    from zc.async_ import local

    return id(local.getReactor())


def test_E112_a_reactor_driven_by_hand(db, queue):
    reactor = Reactor()
    one = TwistedDispatcherInstaller(reactor=reactor, uuid=uuid.uuid4())(DatabaseOpened(db))
    reactor.start()
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    reactor.stop()
    assert one.activated is None


def test_a_dispatcher_may_end_before_the_reactor(db, queue):
    reactor = Reactor()
    one = TwistedDispatcherInstaller(reactor=reactor, uuid=uuid.uuid4())(DatabaseOpened(db))
    reactor.start()
    stop_dispatcher(one)
    reactor.stop()


def test_the_default_reactor_is_the_global_one(db):
    from twisted.internet import reactor

    assert dispatchers.Dispatcher(db, uuid=uuid.uuid4()).reactor is reactor
    installed = TwistedDispatcherInstaller(uuid=uuid.uuid4())
    assert (installed.reactor, installed.poll_interval) == (None, 5)


# ZCML


def load(file):
    context = xmlconfig.file("meta.zcml", zope.component)
    return xmlconfig.file(file, sys.modules["zc.async_"], context)


def test_clients_need_no_identity(identity):
    load("configure.zcml")
    assert not identity.exists()
    assert isinstance(IJob(sample_jobs.add), Job)
    assert zope.component.queryUtility(IUUID) is None


def test_a_dispatcher_has_identity_and_monitor(identity):
    load("dispatcher.zcml")
    assert zope.component.getUtility(IUUID) == instanceuuid.getUUID()
    assert zope.component.queryUtility(IMonitorPlugin, name="async") is not None
    assert zope.component.queryUtility(IMonitorPlugin, name="asyncdb") is not None


@pytest.mark.parametrize(
    ("policy", "home"), [("basic_dispatcher_policy.zcml", "main"), ("multidb_dispatcher_policy.zcml", "async")]
)
def test_policies_give_a_working_system(databases, stopped, handlers, policy, home):
    load(policy)
    zope.component.provideAdapter(lambda obj: obj._p_jar, [sample_jobs.Counter], IConnection)
    zope.event.notify(DatabaseOpened(databases["main"]))
    connection = databases["main"].open()
    counter = connection.root()["counter"] = sample_jobs.Counter()
    transaction.commit()
    job = IQueue(counter).put(Job(sample_jobs.add, 1))
    transaction.commit()
    wait_for_start(job)
    assert wait_for_result(job) == 3
    assert job._p_jar.db().database_name == home
    assert asks("jobs completed") == ids(job)
    assert asks(f"job {ids(job)[0][0]}") == asks(f"job {ids(job)[0][0]} {home}") == asks("lastcompleted")
    assert subscribers.threaded_dispatcher_installer.poll_interval == 5, "K58: nothing shared was changed"


# Names


def test_E1_the_old_name_is_good_for_strings():
    from importlib import import_module

    import zc.async_

    assert import_module("zc.async") is zc.async_
    assert import_module("zc.async.job") is import_module("zc.async_.job")
    context = xmlconfig.file("meta.zcml", zope.component)
    xmlconfig.string('<include xmlns="http://namespaces.zope.org/zope" package="zc.async" />', context)
    assert isinstance(IJob(sample_jobs.add), Job)


@pytest.mark.parametrize("make", [SelectReactor, Reactor])
def test_reactors_have_what_is_used_of_them(make):
    used = {"addSystemEventTrigger", "callFromThread", "callInThread", "callLater", "callWhenRunning"}
    assert used == set(IReactor)
    assert verifyObject(IReactor, make(), tentative=True)
