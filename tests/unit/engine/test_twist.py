"""Failures as data, references, connections and partials."""

import pickle
import types
import uuid

import pytest
import sample_jobs
import transaction
import ZODB
from persistent import Persistent
from transaction.interfaces import ITransactionManager
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python import failure
from ZEO.Exceptions import ClientDisconnected
from ZODB.DemoStorage import DemoStorage
from ZODB.interfaces import IConnection
from ZODB.POSException import ConflictError
from ZODB.POSException import POSKeyError
from zope.interface.verify import verifyObject

from zc.async_ import configure
from zc.async_ import instanceuuid
from zc.async_ import twist
from zc.async_.interfaces import IUUID


def raise_deep(secret):
    local = "x" * 100
    raise ValueError("boo", local[:1])


def caught(captureVars=False):
    try:
        raise_deep("hidden")
    except ValueError:
        return twist.Failure(captureVars=captureVars)


def pickled(obj):
    return pickle.loads(pickle.dumps(obj, 3))


# Failures


def test_E123_a_pickled_failure_keeps_beginnings_of_local_variables_only():
    made = caught(captureVars=True)
    assert dict(made.frames[-1][3])["secret"] == "'hidden'"
    assert dict(made.frames[-1][4])["__name__"]
    assert made.tb is None
    assert not made.sanitized
    read = pickled(made)
    assert read.sanitized
    assert read.stack == []
    assert [frame[4] for frame in read.frames] == [(), ()]
    assert dict(read.frames[-1][3]) == {"secret": "'hidden'", "local": "'" + "x" * 20 + "[...]"}
    assert pickled(read).frames == read.frames


def test_K57_variables_are_not_kept_by_default():
    assert [frame[3:] for frame in pickled(caught()).frames] == [[(), ()]] * 2
    assert "hidden" not in caught().getTraceback(detail="verbose")


def test_truncate():
    assert twist.truncate("x" * 21) == "x" * 21
    assert twist.truncate("x" * 22) == "x" * 21 + "[...]"


@pytest.mark.parametrize("read", [caught, lambda: pickled(caught())])
def test_formats_of_a_failure(read):
    shown = read()
    assert repr(shown) == "<zc.async_.twist.Failure builtins.ValueError: ('boo', 'x')>"
    brief = shown.getBriefTraceback().splitlines()
    assert brief[0] == "Traceback: <class 'ValueError'>: ('boo', 'x')"
    assert brief[-1].endswith(":raise_deep")
    default = shown.getTraceback().splitlines()
    assert default[0] == "Traceback (most recent call last):"
    assert default[-1] == "builtins.ValueError: ('boo', 'x')"
    verbose = shown.getTraceback(detail="verbose").splitlines()
    assert verbose[0].startswith("*--- Failure #")
    assert ("(pickled)" in verbose[0]) is shown.sanitized
    assert verbose[-1].startswith("*--- End of Failure #")


def test_verbose_shows_captured_variables():
    text = pickled(caught(captureVars=True)).getTraceback(detail="verbose")
    assert "[ Locals ]" in text
    assert "hidden" in text


def test_a_failure_never_raised_has_no_frames():
    made = twist.Failure(ValueError("new"))
    assert made.frames == []
    assert made.check(LookupError, ValueError) is ValueError
    with pytest.raises(ValueError, match="new"):
        made.trap(LookupError)


def test_a_failure_survives_a_graph_that_leads_back_to_it():
    error = ValueError("self")
    error.failure = twist.Failure(error)
    made = pickled(twist.Failure(error))
    assert made.value.failure.value is made.value


def test_cleaning_a_failure_changes_nothing():
    made = caught()
    made.cleanFailure()
    assert made.frames[-1][0] == "raise_deep"


def test_sanitize():
    made = caught()
    assert twist.sanitize(made) is made
    try:
        raise_deep("hidden")
    except ValueError:
        theirs = failure.Failure()
    ours = twist.sanitize(theirs)
    assert type(ours) is twist.Failure
    assert ours.frames[-1][0] == "raise_deep"
    theirs.cleanFailure()
    assert twist.sanitize(theirs).frames == ours.frames


def test_the_stored_name_is_the_documented_one():
    assert twist.Failure.__module__ == twist.ReducedError.__module__ == "zc.async_.twist"
    assert b"zc.async_.twist" in pickle.dumps(caught(), 3)
    assert b"failures" not in pickle.dumps(caught(), 3)


# References


class Home(Persistent):
    value = 1

    def tell(self, *args):
        return self.value, args


@pytest.fixture
def home(connection):
    connection.root()["home"] = made = Home()
    transaction.commit()
    return made


@pytest.fixture
def other(db):
    opened = db.open(transaction.TransactionManager())
    yield opened
    opened.transaction_manager.abort()
    opened.close()


def test_a_reference_finds_the_object_in_another_connection(home, other):
    found = twist.Reference(home)(other)
    assert found is other.root()["home"]
    assert found is not home


def test_a_reference_may_be_one_to_a_method(home, other):
    reference = pickled(twist.Reference(home.tell))
    assert verifyObject(twist.IDeferredReference, reference)
    assert (reference.name, reference.db) == ("tell", "unnamed")
    assert reference(other).__self__ is other.root()["home"]
    wrapper = twist.Reference(home.__repr__)
    assert wrapper(other)() == repr(other.root()["home"])


@pytest.mark.parametrize("value", [1, len, [].append, {}.__repr__, Home(), Home().tell])
def test_what_is_in_no_database_is_its_own_reference(value):
    assert twist.Reference(value) is value
    with pytest.raises(ValueError, match="not in a database"):
        twist.DeferredReferenceToPersistent(value)


def test_a_reference_goes_to_its_database():
    databases = {}
    main = ZODB.DB(DemoStorage(), databases=databases, database_name="main")
    side = ZODB.DB(DemoStorage(), databases=databases, database_name="side")
    connection = side.open()
    connection.root()["home"] = Home()
    transaction.commit()
    reference = twist.Reference(connection.root()["home"])
    connection.close()
    connection = main.open()
    assert reference(connection) is connection.get_connection("side").root()["home"]
    connection.close()
    main.close()
    side.close()


def test_get_self():
    data = {}
    assert twist.get_self(data.__setitem__) is data
    assert type(data.__setitem__) is twist.METHOD_WRAPPER_TYPE
    for thing in (data.__getitem__, 1):
        with pytest.raises(TypeError, match="unsupported type"):
            twist.get_self(thing)


# Adapters


def test_connection_and_transaction_manager(connection, home):
    instanceuuid_of_test()
    configure.base()
    assert IConnection(home) is connection
    assert ITransactionManager(home) is ITransactionManager(connection) is connection.transaction_manager
    child = Home()
    child.__parent__ = home
    assert twist.connection(child) is connection
    child.__parent__ = object()
    assert twist.connection(child) is None
    assert twist.connection(Home()) is None


def instanceuuid_of_test():
    import zope.component

    zope.component.provideUtility(uuid.uuid4(), IUUID)
    assert instanceuuid.own() == instanceuuid.current()


# Connections


def test_available_connections(db):
    before = twist.availableConnectionCount(db)
    opened = db.open()
    assert twist.availableConnectionCount(db) == before - 1
    opened.close()
    assert twist.availableConnectionCount(db) == before


@pytest.fixture
def exhausted(db):
    db.setPoolSize(2)
    opened = [db.open(transaction.TransactionManager()) for _ in range(2)]
    yield opened
    for one in opened:
        if one.opened:
            one.close()
    db.setPoolSize(7)


def flown(reactor, fired, step=0.01, limit=10):
    """Let time fly until the Deferred has fired; how long that took."""
    results = []
    fired.addBoth(results.append)
    while not results and reactor.seconds() < limit:
        reactor.advance(step)
    return results[0], reactor.seconds()


def test_E122_an_exhausted_pool_is_waited_for_but_not_for_long(db, exhausted):
    reactor = Clock()
    opened, seconds = flown(reactor, twist.get_connection(db, reactor=reactor))
    assert 1 <= seconds <= 2
    assert opened.transaction_manager is not transaction.manager
    opened.close()


def test_E122_a_connection_that_comes_free_is_taken(db, exhausted):
    reactor = Clock()
    fired = twist.get_connection(db, reactor=reactor)
    exhausted[0].close()
    opened, seconds = flown(reactor, fired)
    assert seconds < 0.2
    opened.close()


def test_opening_may_fail(db, monkeypatch):
    monkeypatch.setattr(db, "open", lambda *args: sample_jobs.fail())
    problem, _ = flown(Clock(), twist.get_connection(db, reactor=Clock()))
    assert problem.check(ValueError)


# Partials


@pytest.fixture
def reactor():
    return Clock()


class Worker(Persistent):
    """Counts its calls outside the database, and fails for as long as it is told to."""

    done = 0

    def work(self, attempts, errors, outcome=None):
        attempts.append(self.done)
        self.done += 1
        if errors:
            raise errors.pop(0)
        return outcome


@pytest.fixture
def worker(connection):
    connection.root()["worker"] = made = Worker()
    transaction.commit()
    return made


def test_without_persistent_parts_a_partial_is_a_call():
    assert twist.Partial(sample_jobs.add, 1)(3) == 4
    assert twist.Partial(sample_jobs.add, b=1)(3, b=5) == 8


def test_a_partial_works_in_a_transaction_of_its_own(db, home, reactor):
    home.value = 2
    before = db.getPoolSize(), twist.availableConnectionCount(db)
    result, seconds = flown(reactor, twist.Partial(home.tell, 1).setReactor(reactor)(home))
    value, (one, found) = result
    assert (value, one, seconds) == (1, 1, 0)
    assert found is not home
    assert (db.getPoolSize(), twist.availableConnectionCount(db)) == before


def test_a_persistent_call_time_argument_is_enough(home, reactor):
    fired = twist.Partial(getattr).setReactor(reactor)(home, "value")
    assert flown(reactor, fired)[0] == 1


def test_E122_conflicts_are_met_four_times(worker, reactor):
    attempts = []
    partial = twist.Partial(worker.work, attempts, [ConflictError()] * 4, "done").setReactor(reactor)
    assert flown(reactor, partial()) == ("done", 0)
    assert attempts == [0] * 5
    assert (partial.attempt_count, partial.transaction_error_count) == (5, 4)
    transaction.begin()
    assert worker.done == 1


def test_E122_the_fifth_conflict_is_the_outcome(worker, reactor):
    attempts = []
    partial = twist.Partial(worker.work, attempts, [ConflictError()] * 9).setReactor(reactor)
    problem, _ = flown(reactor, partial())
    assert type(problem) is twist.Failure
    assert problem.check(ConflictError)
    assert len(attempts) == 5
    transaction.begin()
    assert worker.done == 0


def test_E122_conflicts_may_be_met_for_ever(worker, reactor):
    partial = twist.Partial(worker.work, [], [ConflictError()] * 50, "done").setReactor(reactor)
    partial.max_transaction_errors = None
    assert flown(reactor, partial()) == ("done", 0)
    assert partial.attempt_count == 51


def test_E122_an_absent_server_is_waited_for(worker, reactor):
    waits = []
    call_later = reactor.callLater
    reactor.callLater = lambda seconds, *args: (waits.append(seconds), call_later(seconds, *args))[1]
    partial = twist.Partial(worker.work, [], [ClientDisconnected() for _ in range(14)], "done").setReactor(reactor)
    assert flown(reactor, partial(), step=1, limit=1000)[0] == "done"
    assert waits == [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 60, 60]


def test_E122_a_server_absent_at_opening_is_waited_for(db, worker, reactor, monkeypatch):
    original, errors = db.open, [ClientDisconnected(), ClientDisconnected()]

    def opening(*args):
        if errors:
            raise errors.pop()
        return original(*args)

    monkeypatch.setattr(db, "open", opening)
    partial = twist.Partial(worker.work, [], [], "done").setReactor(reactor)
    assert flown(reactor, partial(), step=1, limit=100) == ("done", 15)


def test_another_error_at_opening_is_the_outcome(db, worker, reactor, monkeypatch):
    monkeypatch.setattr(db, "open", lambda *args: sample_jobs.fail())
    assert flown(reactor, twist.Partial(worker.work).setReactor(reactor)())[0].check(ValueError)


def test_E122_failures_pass_through(worker, reactor):
    attempts = []
    partial = twist.Partial(worker.work, attempts, [KeyError("once")]).setReactor(reactor)
    assert flown(reactor, partial())[0].check(KeyError)
    assert attempts == [0]
    returned = twist.Partial(worker.work, [], [], twist.Failure(KeyError("returned"))).setReactor(reactor)
    assert flown(reactor, returned())[0].getErrorMessage() == "'returned'"
    foreign = twist.Partial(worker.work, [], [], failure.Failure(KeyError("foreign"))).setReactor(reactor)
    assert type(flown(reactor, foreign())[0]) is twist.Failure


@pytest.mark.parametrize("error", [SystemExit, POSKeyError])
def test_explosive_errors_are_told(worker, reactor, error):
    problem, _ = flown(reactor, twist.Partial(worker.work, [], [error(b"x" * 8)]).setReactor(reactor)())
    assert problem.check(error)


def test_E122_a_returned_deferred_is_waited_for(worker, reactor):
    inner = Deferred()
    fired = twist.Partial(worker.work, [], [], inner).setReactor(reactor)()
    results = []
    fired.addCallback(results.append)
    assert results == []
    inner.callback("late")
    assert results == ["late"]


def test_the_reactor_of_a_partial():
    partial = twist.Partial(len)
    assert partial.setReactor("mine") is partial
    assert partial.getReactor() == "mine"
    from twisted.internet import reactor

    assert twist.Partial(len).getReactor() is reactor


def test_what_is_offered():
    assert {type(getattr(twist, name)) for name in twist.__all__} >= {types.FunctionType, type}
