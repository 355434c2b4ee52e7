"""Queues, dispatchers and agents."""

import uuid

import pytest
import sample_jobs
import transaction
from agents_by_hand import ONE
from agents_by_hand import TWO
from agents_by_hand import choose
from agents_by_hand import hire
from agents_by_hand import start
from agents_by_hand import takes_odd
from asking import asks

from zc.async_ import instanceuuid


def test_K64_M32_UUIDs_of_all_queues(queue, other):
    gone = uuid.UUID(int=3)
    hire(queue, TWO), hire(other, TWO), hire(other, ONE), hire(queue, gone)
    queue.dispatchers[gone].deactivate()
    transaction.commit()
    assert asks("UUIDs") == [str(ONE), str(TWO)]


def test_M33_status(queue, other, put, stopped_clock):
    agent = hire(queue, filter=takes_odd)
    hire(queue, name="choosy", chooser=choose, size=1)
    put(sample_jobs.add, 2), put(sample_jobs.add, 1)
    start(agent)
    stopped_clock.advance(seconds=4)
    dispatcher = {
        "agents": {
            "choosy": {"chooser": "agents_by_hand.choose", "len": 0, "size": 1},
            "main": {"filter": "agents_by_hand.takes_odd", "len": 1, "size": 5},
        },
        "dead": False,
        "last ping": "2026-03-01T10:00:00Z",
        "ping death interval": {"minutes": 1},
        "ping interval": {"seconds": 30.0},
        "since ping": {"seconds": 4.0},
    }
    assert asks("status") == {
        "": {"dispatchers": {str(ONE): dispatcher}, "len": 1},
        "other": {"dispatchers": {}, "len": 0},
    }


@pytest.fixture
def crew(queue, other):
    hire(queue, ONE), hire(queue, TWO, "mail"), hire(other, TWO), hire(queue, instanceuuid.current())


def test_M33_status_of_some(crew):
    assert {*asks("status queue:o*")} == {"other"}
    assert {*asks(f"status queue: uuid:{TWO}")[""]["dispatchers"]} == {str(TWO)}
    assert {*asks("status queue: uuid:THIS")[""]["dispatchers"]} == {str(instanceuuid.current())}
    agents = {uid: {*told["agents"]} for uid, told in asks("status agent:mail")[""]["dispatchers"].items()}
    assert agents == {str(ONE): set(), str(TWO): {"mail"}, str(instanceuuid.current()): set()}


def test_K64_M33_a_dispatcher_that_has_not_pinged(queue):
    queue.dispatchers.register(ONE)
    queue.dispatchers[ONE].activate()
    transaction.commit()
    told = asks("status")[""]["dispatchers"][str(ONE)]
    assert (told["last ping"], told["since ping"], told["agents"], told["dead"]) == (None, None, {}, False)
