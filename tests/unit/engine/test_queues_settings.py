"""What is set on the container of the queues holds for all, at once, but for those that have their own."""

from datetime import timedelta

import pytest
import transaction

from zc.async_.interfaces import KEY
from zc.async_.queue import Queue
from zc.async_.subscribers import stop_dispatcher
from zc.async_.testing import wait_until


SECOND = timedelta(seconds=1)


@pytest.fixture
def queues(connection):
    return connection.root()[KEY]


@pytest.mark.parametrize(
    ("name", "default", "value"),
    [("keep_completed_for", timedelta(days=7), timedelta()), ("keep_completed", 50_000, 0)],
)
def test_K36_how_long_completed_jobs_are_kept(queues, name, default, value):
    assert getattr(queues[""], name) == default
    setattr(queues, name, value)
    assert getattr(queues[""], name) == value
    queues["later"] = Queue()
    assert getattr(queues["later"], name) == value
    setattr(queues[""], name, default)
    assert getattr(queues[""], name) == default
    setattr(queues[""], name, None)
    assert getattr(queues[""], name) == value


@pytest.mark.parametrize("name", ["ping_interval", "ping_death_interval"])
def test_K88_how_often_dispatchers_ping(queues, dispatch, name):
    identity = dispatch().UUID
    wait_until(lambda: transaction.begin() and identity in queues[""].dispatchers, 6, lambda: "no record")
    record = queues[""].dispatchers[identity]
    setattr(queues, name, 70 * SECOND)
    assert getattr(record, name) == 70 * SECOND
    setattr(record, name, SECOND)
    assert getattr(record, name) == SECOND


def test_a_queue_without_container_has_the_defaults():
    assert Queue().keep_completed == 50_000


def test_a_dispatcher_is_not_dead_before_two_pings_were_due(queues, dispatch, stopped_clock):
    one = dispatch(activate=False)
    one.poll()
    transaction.begin()
    record = queues[""].dispatchers[one.UUID]
    queues.ping_interval, queues.ping_death_interval = 100 * SECOND, SECOND
    stopped_clock.advance(seconds=200)
    assert not record.dead
    stopped_clock.advance(seconds=1)
    assert record.dead


def test_a_dispatcher_that_seldom_polls_still_pings_in_time(queues, dispatch):
    queues.ping_interval = SECOND
    transaction.commit()
    one = dispatch(poll_interval=3600)

    def ping():
        transaction.begin()
        record = queues[""].dispatchers.get(one.UUID)
        return record and record.last_ping.value

    wait_until(ping, 6, lambda: "no ping")
    first = ping()
    wait_until(lambda: ping() > first, 6, lambda: "no second ping")


def test_a_running_dispatcher_takes_a_new_poll_interval_at_once(queues, dispatch):
    one = dispatch(poll_interval=3600)
    wait_until(lambda: one.last_poll, 6, lambda: "did not begin")
    for asked, interval in ((0.05, 0.05), (None, 3600)):
        transaction.begin()
        queues.poll_interval = None if asked is None else timedelta(seconds=asked)
        transaction.commit()
        wait_until(
            lambda interval=interval: one.poll_interval == interval, 6, lambda: f"polls each {one.poll_interval}"
        )
    assert one.getStatusInfo()["poll interval"] == timedelta(hours=1)


@pytest.mark.parametrize(("grace", "timeout", "given"), [(None, None, 3), (8 * SECOND, None, 8), (8 * SECOND, 2, 2)])
def test_running_jobs_get_the_time_that_the_queues_say(queues, dispatch, monkeypatch, grace, timeout, given):
    queues.grace = grace
    transaction.commit()
    one = dispatch(activate=False)
    one.poll()
    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(one, "deactivate", lambda seconds: seen.append(seconds) or True)
        assert stop_dispatcher(one, timeout)
    assert seen == [given]
