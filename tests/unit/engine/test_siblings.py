"""Who is dead, as another dispatcher sees it."""

import threading
import uuid
from datetime import timedelta

import pytest
import sample_jobs
import transaction

from zc.async_ import clock
from zc.async_.siblings import HELD_UP
from zc.async_.siblings import Siblings
from zc.async_.testing import wait_for_result


POLL = 5
SIBLING = uuid.UUID(int=2)


class Time:
    """Seconds as an observer counts them."""

    value = 1000.0

    def __call__(self):
        return self.value


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def record(queue):
    """A sibling's record, with a patience of a minute."""
    record = queue.dispatchers.register(SIBLING)
    record.activate()
    queue.dispatchers.ping(SIBLING)
    return record


@pytest.fixture
def look(time, record):
    """Let the observer look for some seconds in its usual way; whether it then takes the sibling for dead."""
    siblings = Siblings(time)

    def look(seconds):
        for _ in range(int(seconds / POLL)):
            time.value += POLL
            siblings.begin(POLL)
            siblings.look([record])
            siblings.end()
        return siblings.is_dead(record)

    look(POLL)
    return look


def test_a_sign_of_life_that_stands_still(look):
    assert not look(60)
    assert look(5)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_the_clock_of_the_sibling_does_not_matter(look, queue, stopped_clock, minutes):
    stopped_clock.advance(minutes=minutes)
    for _ in range(5):
        queue.dispatchers.ping(SIBLING)
        assert not look(30)
        stopped_clock.advance(seconds=30)
    assert not look(30)
    assert look(10)


def test_one_that_was_held_up_itself_has_seen_nothing(look, time):
    look(55)
    time.value += HELD_UP + 1
    assert not look(60)
    assert look(10)


@pytest.fixture
def fast_here():
    """Only in the thread of the test the clock is fast."""
    fast = {threading.current_thread(): timedelta(minutes=5)}
    true = clock._system_time
    clock.set_source(lambda: true() + fast.get(threading.current_thread(), timedelta()))
    yield
    clock.set_source(None)


def test_a_dispatcher_with_a_fast_clock_rescues_nobody(queue, put, dispatch, release, wait_for_arrival, fast_here):
    one = dispatch()
    job = put(sample_jobs.mark_and_hold, "a")
    wait_for_arrival("a")
    other = dispatch(activate=False)
    for _ in range(3):
        other.poll()
    transaction.begin()
    assert queue.dispatchers[one.UUID].activated is not None
    release("a")
    assert wait_for_result(job) == "a"
    assert job.interruptions == 0
