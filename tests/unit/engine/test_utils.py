"""The old import place of small helpers, and the small modules behind it."""

import functools
import threading
import uuid
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import sample_jobs
import transaction
from persistent import Persistent
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import ConflictError
from ZODB.POSException import POSKeyError

from zc.async_ import adapters
from zc.async_ import attempts
from zc.async_ import i18n
from zc.async_ import interfaces
from zc.async_ import legacy
from zc.async_ import local
from zc.async_ import partial
from zc.async_ import utils
from zc.async_.agent import Agent
from zc.async_.agent import chooseFirst
from zc.async_.interfaces import NEW
from zc.async_.interfaces import IMonitorPlugin
from zc.async_.interfaces import IObjectAdded
from zc.async_.interfaces import IObjectEvent
from zc.async_.interfaces import ReassignedError
from zc.async_.job import Job
from zc.async_.queue import Queue
from zc.async_.queue import Queues
from zc.async_.twist import Failure


# Names


def test_E2_the_root_key():
    assert interfaces.KEY == "zc.async"


@pytest.mark.parametrize(
    ("name", "value", "default"),
    [
        ("NEW", "new-status", "New"),
        ("PENDING", "pending-status", "Pending"),
        ("ASSIGNED", "assigned-status", "Assigned"),
        ("ACTIVE", "active-status", "Active"),
        ("CALLBACKS", "callback-status", "Performing Callbacks"),
        ("COMPLETED", "completed-status", "Completed"),
    ],
)
def test_E3_statuses_are_messages(name, value, default):
    status = getattr(interfaces, name)
    assert (status, status.default, status.domain) == (value, default, "zc.async")


@pytest.mark.parametrize(
    "name", ["AbortedError", "TimeoutError", "BadStatusError", "ReassignedError", "FullError", "JobNotPicklable"]
)
def test_E4_errors_share_one_base(name):
    error = getattr(interfaces, name)
    assert issubclass(error, interfaces.AsyncError)
    assert str(error()) == error.__doc__.strip()


@pytest.mark.parametrize(
    "name",
    [
        "DispatcherRegistered",
        "DispatcherUnregistered",
        "DispatcherActivated",
        "DispatcherDeactivated",
        "DispatcherReactivated",
    ],
)
def test_E5_events_are_object_events(name):
    event = getattr(interfaces, name)("it")
    assert event.object == "it"
    assert IObjectEvent.providedBy(event)
    assert getattr(interfaces, f"I{name}").providedBy(event)


def test_E5_object_added():
    event = interfaces.ObjectAdded("it", "parent", "name")
    assert (event.object, event.parent, event.name) == ("it", "parent", "name")
    assert IObjectAdded.providedBy(event)


def test_commands_of_the_monitor_are_known_below_it():
    from zc.async_ import monitor

    assert monitor.IMonitorPlugin is IMonitorPlugin


def test_i18n():
    assert i18n._ is i18n.MessageFactory
    assert i18n._("x", default="y").domain == "zc.async"


# Times


@pytest.mark.parametrize("moment", [datetime.max, datetime(1, 1, 1), datetime(2026, 2, 3, 4, 5, 6, 7)])
@pytest.mark.parametrize("free", [0, 15])
def test_E9_times_are_kept(moment, free):
    assert utils.long_to_dt(utils.dt_to_long(moment) + free) == moment


def test_E9_later_is_smaller():
    moment = datetime(2006, 8, 10, 15, 44, 22, 211)
    assert utils.dt_to_long(moment) == 6420106068108777152
    assert utils.dt_to_long(moment + timedelta(microseconds=1)) + 15 < utils.dt_to_long(moment)
    assert utils.dt_to_long(moment.replace(tzinfo=timezone(timedelta(hours=2)))) > utils.dt_to_long(moment)


# Descriptions


def test_E10_custom_repr(connection):
    assert utils.custom_repr(sample_jobs.add) == "sample_jobs.add"
    assert utils.custom_repr(len) == "builtins.len"
    counter = sample_jobs.Counter()
    assert utils.custom_repr(counter) == "sample_jobs.Counter (oid ?, db ?)"
    connection.root()["counter"] = counter
    transaction.commit()
    number = int.from_bytes(counter._p_oid, "big")
    assert utils.custom_repr(counter) == f"sample_jobs.Counter (oid {number}, db 'unnamed')"
    assert utils.custom_repr([1, "x"]) == "[1, 'x']"


class Mute:
    def __repr__(self):
        raise ValueError("not to be shown")


@pytest.mark.parametrize("value", ["x" * 10_000_000, b"x" * 10_000_000, [1] * 10000, Mute()])
def test_K56_descriptions_are_short_and_never_fail(value):
    assert len(utils.custom_repr(value)) <= 220


# Collections


class Item:
    pass


@pytest.fixture
def rolling(stopped_clock):
    made = utils.RollingSet()
    made.__parent__ = made
    made.size = 3
    return made


def fill(rolling, stopped_clock, count):
    items = []
    for _ in range(count):
        stopped_clock.advance(minutes=1)
        items.append(Item())
        rolling.add(items[-1])
    return items


def test_E11_a_rolling_set_keeps_the_newest(rolling, stopped_clock):
    items = fill(rolling, stopped_clock, 5)
    assert [*rolling] == items[:1:-1]
    assert len(rolling) == 3
    assert items[-1].parent is rolling
    assert utils.long_to_dt(items[-1].key) == stopped_clock.time.replace(tzinfo=None)
    rolling.clear()
    assert not rolling


def test_E11_ranges_of_a_rolling_set(rolling, stopped_clock):
    one, two, three = fill(rolling, stopped_clock, 3)
    now = stopped_clock.time
    assert rolling.first() is rolling.first(now) is rolling.first(three.key) is three
    assert rolling.first(now - timedelta(seconds=1)) is two
    assert rolling.last() is one
    assert rolling.last(now - timedelta(seconds=70)) is two
    assert [*rolling.iter(now - timedelta(seconds=1), two.key)] == [two]
    for call in (lambda: rolling.last(now + timedelta(1)), lambda: rolling.first(now - timedelta(1))):
        with pytest.raises(ValueError, match=r".*"):
            call()


def test_E11_items_of_one_moment_are_kept_apart(rolling):
    rolling.size = 40
    items = [Item() for _ in range(40)]
    for item in items:
        rolling.add(item)
    assert [*rolling] == items[::-1]


def test_a_set_needs_a_parent(stopped_clock):
    with pytest.raises(ValueError, match="set __parent__"):
        utils.AbstractSet().add(Item())


def test_E11_a_rolling_mapping_keeps_what_came_last():
    mapping = utils.RollingMapping()
    mapping.size = 3
    for number in (5, 1, 4, 2):
        mapping[number] = str(number)
    mapping[1] = "again"
    assert [*mapping.items()] == [(1, "again"), (4, "4"), (2, "2")]
    assert (mapping.minKey(), mapping.minKey(2), mapping.maxKey(), mapping.maxKey(3)) == (1, 2, 4, 2)
    with pytest.raises(ValueError, match=r".*"):
        mapping.minKey(5)


class Child(Persistent):
    name = parent = None


def test_E12_children_of_a_dict_know_where_they_are():
    registry, one, two = utils.Dict(), Child(), Child()
    registry["x"] = one
    assert (one.name, one.parent) == ("x", registry)
    registry["x"] = two
    assert (one.name, one.parent, two.parent) == (None, None, registry)
    assert registry.pop("x") is two
    assert (two.name, two.parent) == (None, None)
    assert registry.pop("x", "default") == "default"
    assert registry.pop("x", None) is None
    with pytest.raises(KeyError):
        registry.pop("x")


@pytest.mark.parametrize("factory", [utils.Base, utils.Dict, Queue, Queues])
def test_K27_the_dunder_parent_can_be_overridden(factory):
    obj = factory()
    obj.parent = "parent"
    assert obj.__parent__ == "parent"
    obj.__parent__ = "other"
    assert (obj.__parent__, obj.parent) == ("other", "parent")
    obj.__parent__ = None
    assert obj.__parent__ == "parent"


def test_E14_sortedmerge():
    assert [*utils.sortedmerge([[1, 4], [2, 3], []])] == [1, 2, 3, 4]
    assert [*utils.sortedmerge([[4, 1], [3]], key=lambda number: -number)] == [4, 3, 1]


def test_E14_takecount():
    assert [*utils.takecount("abc", 2)] == ["a", "b"]
    assert [*utils.takecount("abc", 0)] == []
    negative = utils.takecount("abc", -1)
    with pytest.raises(ValueError, match="count must be a positive integer"):
        next(negative)


# Attempts


class Transactions:
    """Counts, and fails at commit as told."""

    def __init__(self, *errors):
        self.errors = [*errors]
        self.commits = self.aborts = 0

    def commit(self):
        self.commits += 1
        if self.errors:
            raise self.errors.pop(0)

    def abort(self):
        self.aborts += 1


@pytest.fixture
def waits(monkeypatch):
    waited = []
    monkeypatch.setattr(attempts, "pause", lambda seconds: waited.append(seconds))
    return waited


def failing(*errors):
    """A call that raises these errors, one after the other, and then returns."""
    left = [*errors]

    def call():
        if left:
            raise left.pop(0)
        return "done"

    return call


def test_E13_never_fail_meets_conflicts_at_once(waits, log):
    manager = Transactions(*[ConflictError()] * 4)
    assert utils.never_fail(failing(*[ConflictError()] * 8), "this", manager) == "done"
    assert (waits, manager.commits, manager.aborts) == ([], 5, 12)
    assert [record.getMessage() for record in log.records] == ["5 conflicts while this", "10 conflicts while this"]
    assert {record.levelname for record in log.records} == {"WARNING"}


def test_E13_never_fail_waits_after_other_errors(waits, log):
    errors = [ValueError(), POSKeyError(b"x" * 8), *[LookupError()] * 12]
    assert utils.never_fail(failing(*errors), "this", Transactions()) == "done"
    assert waits == [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 60, 60]
    assert [(record.levelname, record.getMessage()) for record in log.records] == [
        ("CRITICAL", "error 1 while this"),
        ("CRITICAL", "error 11 while this"),
    ]


@pytest.mark.parametrize("error", [ClientDisconnected(), POSKeyError(b"x" * 8)])
def test_E13_errors_of_the_surroundings_are_less_critical(waits, log, error):
    utils.never_fail(failing(error), "this", Transactions())
    assert log.records[0].levelname == "ERROR"
    assert waits == [5]


@pytest.mark.parametrize("function", [utils.never_fail, utils.try_five_times])
@pytest.mark.parametrize("error", utils.EXPLOSIVE_ERRORS)
def test_E13_explosive_errors_are_raised(waits, function, error):
    manager = Transactions()
    with pytest.raises(error):
        function(failing(error()), "this", manager)
    assert (manager.commits, manager.aborts, waits) == (0, 1, [])


def test_never_fail_gives_up_when_the_dispatcher_stops():
    class Dispatcher:
        stopping = threading.Event()

    local.dispatcher = Dispatcher()
    Dispatcher.stopping.set()
    try:
        with pytest.raises(ValueError, match="last"):
            utils.never_fail(failing(ValueError("last")), "this", Transactions())
    finally:
        local.dispatcher = None


def test_pausing_outside_a_worker_thread():
    assert attempts.pause(0.001) is False


def test_E13_try_five_times_gives_up_after_five_conflicts(log):
    manager = Transactions()
    assert utils.try_five_times(failing(*[ConflictError()] * 4), "this", manager) == "done"
    assert (manager.commits, manager.aborts) == (1, 4)
    result = utils.try_five_times(failing(*[ConflictError()] * 5), "this", Transactions())
    assert isinstance(result, Failure)
    assert result.check(ConflictError)
    assert [record.levelname for record in log.records] == ["CRITICAL"]


def test_E13_try_five_times_tries_once_on_another_error(log):
    manager = Transactions()
    result = utils.try_five_times(failing(ValueError("other")), "this", manager)
    assert (result.check(ValueError), manager.commits, manager.aborts) == (ValueError, 0, 1)
    assert [record.levelname for record in log.records] == ["CRITICAL"]


def test_E13_try_five_times_may_leave_the_commit_to_the_caller():
    manager = Transactions()
    assert utils.try_five_times(failing(), "this", manager, commit=False) == "done"
    assert manager.commits == 0


def test_the_loggers_are_the_documented_ones():
    assert (utils.log.name, utils.tracelog.name) == ("zc.async.events", "zc.async.trace")
    assert ReassignedError in utils.EXPLOSIVE_ERRORS


# Legacy


def test_success_or_failure():
    handle = functools.partial(legacy.success_or_failure, lambda res: ("good", res), lambda res: ("bad", res))
    failure = Failure(ValueError())
    assert handle(1) == ("good", 1)
    assert handle(failure) == ("bad", failure)
    assert legacy.success_or_failure(None, None, 1) == 1
    assert legacy.success_or_failure(None, None, failure) is failure


def test_choose_first(queue):
    agent = Agent(chooser=chooseFirst)
    assert chooseFirst(agent) is None
    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = agent
    job = queue.put(Job(sample_jobs.add, 1))
    transaction.commit()
    assert chooseFirst is legacy.chooseFirst
    assert chooseFirst(agent) is job


def test_default_queue_adapter(queue):
    job = queue.put(Job(sample_jobs.add, 1))
    assert adapters.defaultQueueAdapter(job) is queue
    assert job.status != NEW


def test_the_old_partial_is_gone():
    with pytest.raises(Exception, match=r"zc\.async\.partial\.Partial is gone"):
        partial.Partial(len)
