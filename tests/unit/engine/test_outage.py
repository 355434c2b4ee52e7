"""A database server that is away, with a storage that calls it by its driver's names."""

import gc
import threading
from concurrent.futures import Future

import pytest
import sample_jobs
import transaction
import ZODB
import zope.component
from asking import ask
from ZEO.Exceptions import ClientDisconnected
from ZEO.Exceptions import ServerException
from ZODB.interfaces import IDatabase
from ZODB.POSException import ConflictError
from ZODB.POSException import StorageError
from ZODB.tests.MVCCMappingStorage import MVCCMappingStorage

from zc.async_ import local
from zc.async_ import outage
from zc.async_ import patience
from zc.async_ import pool
from zc.async_.interfaces import KEY
from zc.async_.interfaces import IJobCompleted
from zc.async_.job import Job
from zc.async_.monitor.connecting import queues_connection
from zc.async_.monitor.interfaces import ToolError
from zc.async_.monitordb import asyncdb
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


class OperationalError(Exception):
    """As the Python database API names it."""


def raise_in_storage(error):
    exec("raise error", {"__name__": "relstorage.adapters.double", "error": error})


class Server:
    """What the storages of these tests ask before all they do."""

    def __init__(self):
        self.away = threading.Event()
        self.refusals = 0

    def ask(self):
        if self.away.is_set():
            self.refusals += 1
            raise_in_storage(OperationalError("server closed the connection unexpectedly"))


class StorageOfServer(MVCCMappingStorage):
    server = None

    def new_instance(self):
        instance = super().new_instance()
        instance.__class__ = type(self)
        instance.server = self.server
        return instance

    def poll_invalidations(self):
        self.server.ask()
        return super().poll_invalidations()

    def load(self, oid, version=""):
        self.server.ask()
        return super().load(oid, version)

    def tpc_begin(self, *args, **kwargs):
        self.server.ask()
        return super().tpc_begin(*args, **kwargs)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def db(server):
    storage = StorageOfServer()
    storage.server = server
    opened = ZODB.DB(storage)
    yield opened
    server.away.clear()
    transaction.abort()
    gc.collect()  # ZODB cannot close a connection that could not be opened, as long as somebody knows it
    opened.close()


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    monkeypatch.setattr(patience, "WAIT_STEP", 0.05)


def test_the_storages_word_for_it_is_translated():
    with pytest.raises(ClientDisconnected, match="closed the connection"), outage.named():
        raise_in_storage(OperationalError("server closed the connection unexpectedly\n"))


def test_a_server_that_lets_nobody_commit_is_as_good_as_away():
    with pytest.raises(ClientDisconnected), outage.named():
        raise_in_storage(type("UnableToAcquireCommitLockError", (StorageError,), {})())


def test_a_server_whose_disk_is_full_is_as_good_as_away():
    with pytest.raises(ClientDisconnected, match="No space left on device"), outage.named():
        raise ServerException("builtins.OSError", (28, "No space left on device"))


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("builtins.KeyError", ("oid",)),
        ("builtins.OSError", (22, "Invalid argument")),  # of a damaged file, whenever a certain object is loaded
        ("builtins.OSError", ()),
    ],
)
def test_another_error_of_the_server_is_none(kind, details):
    with pytest.raises(ServerException), outage.named():
        raise ServerException(kind, details)


def test_the_same_error_of_a_jobs_own_connection_is_none():
    with pytest.raises(OperationalError), outage.named():
        raise OperationalError("some other server")


def test_other_errors_of_the_storage_are_none():
    with pytest.raises(KeyError), outage.named():
        raise_in_storage(KeyError("oid"))


def test_begin_and_commit_say_so_and_abort_does_not(connection, server):
    transactions = outage.transactions_of(connection)
    transactions.begin()
    connection.root()["a"] = 1
    server.away.set()
    with pytest.raises(ClientDisconnected):
        transactions.commit()
    transactions.abort()
    with pytest.raises(ClientDisconnected):
        transactions.begin()
    server.away.clear()
    transactions.begin()
    assert "a" not in connection.root()


def test_an_oid_that_another_object_has_is_a_conflict(connection):
    connection.root()["a"] = taken = sample_jobs.Counter()
    transaction.commit()

    def store():
        """As the commit of a ZEO client, which asks its server later."""
        new = sample_jobs.Counter()
        new._p_jar, new._p_oid = connection, taken._p_oid
        connection._cache[new._p_oid] = new

    transaction.get().addBeforeCommitHook(store)
    with pytest.raises(ConflictError, match="the same oid"):
        outage.transactions_of(connection).commit()


def test_other_errors_of_a_commit_stay_what_they_are(connection):
    def hook():
        raise ValueError("no")

    transaction.get().addBeforeCommitHook(hook)
    with pytest.raises(ValueError, match="no"):
        outage.transactions_of(connection).commit()


def test_a_job_goes_on_when_the_server_is_back(put, dispatch, release, server, log, wait_for_arrival):
    dispatch(size=1, poll_interval=0.05)
    job = put(hold_then_mark, "held")
    wait_for_arrival("held")
    server.away.set()
    release("held")
    wait_until(lambda: "the database server is away" in log.text, 5, lambda: log.text)
    server.away.clear()
    assert wait_for_result(job) == "held"
    assert job._p_jar.root()["held"] == 1
    assert job.interruptions == 0
    assert wait_for_result(put(sample_jobs.add, 1)) == 3, "its only thread lives on"
    assert not [record for record in log.records if record.levelname == "CRITICAL"]


def hold_then_mark(name):
    sample_jobs.hold(name)
    return sample_jobs.mark(name)


def server_of(obj):
    return obj._p_jar._storage.server


def lose_server_after_commit():
    transaction.get().addAfterCommitHook(lose_server, (server_of(local.getJob()),))


def lose_server(committed, server):
    server.away.set()


class NeedsServer(Job):
    """Its environment needs the server, which leaves when the job has failed."""

    def setUp(self):
        server = server_of(self)
        if self.is_completed and not server.refusals:
            server.away.set()
        server.ask()
        return "environment"

    def tearDown(self, setup_info):
        self._v_environments = [*getattr(self, "_v_environments", ()), setup_info]


def ask_server(server):
    server.away.set()
    server.ask()


def lose_server_before_commit(server):
    server.away.set()


@pytest.mark.parametrize(
    ("job", "at_first"),
    [
        (Job(lose_server_after_commit), None),
        (Job(sample_jobs.add, 1), ask_server),
        (Job(sample_jobs.add, 1), lose_server_before_commit),
        (Job(sample_jobs.fail), ask_server),
        (NeedsServer(sample_jobs.fail), None),
    ],
    ids=["after the commit", "subscriber", "its commit", "failure", "environment"],
)
def test_an_end_is_announced_when_the_server_is_back(connection, put, dispatch, server, log, job, at_first):
    def subscriber(event):
        root = event.object._p_jar.root()
        root["heard"] = root.get("heard", 0) + 1
        if at_first is not None and not server.refusals:
            at_first(server)

    def is_heard():
        transaction.begin()
        return connection.root().get("heard")

    zope.component.provideHandler(subscriber, [IJobCompleted])
    dispatch(size=1, poll_interval=3600)
    put(job)
    wait_until(lambda: server.refusals, 5, lambda: log.text)
    server.away.clear()
    wait_until(is_heard, 5, lambda: log.text)
    assert connection.root()["heard"] == 1
    assert "a subscriber to the completion of" not in log.text
    assert "without its environment" not in log.text


def test_a_job_in_no_queue_goes_on_when_the_server_is_back(queue, dispatch, server, log):
    waiter = queue._p_jar.root()["in no queue"] = Job(put_and_return, queue)
    transaction.commit()
    waiter()
    dispatch(size=1, poll_interval=3600)
    wait_until(lambda: server.refusals, 5, lambda: log.text)
    server.away.clear()
    assert wait_for_result(waiter) == 3


class LosesServerAtItsEnd(Job):
    """The server leaves after the end of the job was announced."""

    def tearDown(self, setup_info):
        server_of(self).away.set()


def put_and_return(queue):
    return queue.put(LosesServerAtItsEnd(sample_jobs.add, 1))


def test_a_thread_that_starts_without_the_server_works_when_it_is_back(
    queue, put, dispatch, server, wait_for_arrival, monkeypatch
):
    monkeypatch.setattr(pool, "RECONNECT_WAIT", 0.05)
    one = dispatch(size=1, activate=False)
    one.poll()
    one.poll()
    transaction.begin()
    queue.dispatchers[one.UUID]["main"].size = 2
    for name in "ab":
        put(sample_jobs.hold, name)
    server.away.set()
    one._pools.get(("", "main"), 2)
    wait_until(lambda: server.refusals, 5, lambda: "the new thread did not ask")
    server.away.clear()
    one.poll()
    for name in "ab":
        wait_for_arrival(name)


def test_a_stop_without_the_server_ends(queue, dispatch, server, log):
    one = dispatch(poll_interval=0.05)
    wait_until(lambda: one.last_poll, 5, lambda: "no pass")
    server.away.set()
    assert one.deactivate()
    assert "ends without the database server" in log.text


def test_commands_of_the_monitor_tell_in_words(db, queue, server):
    zope.component.provideUtility(db, IDatabase)
    server.away.set()
    assert ask(asyncdb, "count", "pending") == "[The database server is away]\n"
    server.away.clear()
    assert ask(asyncdb, "count", "pending") == "0\n"


def test_a_server_that_goes_away_during_a_command_is_told_in_words(db, queue, server):
    zope.component.provideUtility(db, IDatabase)
    with pytest.raises(ToolError, match="The database server is away"), queues_connection() as used:
        server.away.set()
        used.cacheMinimize()
        len(used.root()[KEY])


PROMISED = []


def promise():
    PROMISED[:] = [Future()]
    return PROMISED[0]


def test_a_promised_result_of_a_job_without_a_queue_waits_for_the_server(connection, server, monkeypatch):
    monkeypatch.setattr(patience, "WAIT_STEP", 0.05)
    job = connection.root()["job"] = Job(promise)
    transaction.commit()
    job()
    server.away.set()
    server.refusals = 0
    PROMISED[0].set_result(42)
    wait_until(lambda: server.refusals > 1, 5, lambda: "it is not tried again")
    server.away.clear()
    assert wait_for_result(job) == 42
