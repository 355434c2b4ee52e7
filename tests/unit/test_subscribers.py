"""What a worker finds set when it starts on a queue."""

import uuid
from datetime import timedelta

import pytest
from zope.event import subscribers

from plone.app.async_.interfaces import IQueueReady
from plone.app.async_.interfaces import QueueReady
from plone.app.async_.subscribers import configureDispatcher
from plone.app.async_.subscribers import configureQueue
from plone.app.async_.subscribers import notifyQueueReady
from plone.app.async_.subscribers import set_ping_intervals
from plone.app.async_.subscribers import set_quota
from zc.async_.interfaces import DispatcherActivated
from zc.async_.queue import Queue
from zc.async_.queue import Queues


@pytest.fixture
def queue():
    queues = Queues()
    queues[""] = Queue()
    return queues[""]


@pytest.fixture
def dispatcher(queue):
    return queue.dispatchers.register(uuid.uuid4())


def test_add_ons_hear_which_queue_is_ready(queue, dispatcher, monkeypatch):
    heard = []
    monkeypatch.setattr("zope.event.subscribers", [*subscribers, heard.append])
    notifyQueueReady(DispatcherActivated(dispatcher))
    [event] = heard
    assert IQueueReady.providedBy(event)
    assert event.object is queue


def test_a_new_queue_gets_the_default_quota(queue):
    configureQueue(QueueReady(queue))
    assert queue.quotas["default"].size == 1


def test_P31_K88_a_quota_that_was_changed_survives_a_restart(queue):
    configureQueue(QueueReady(queue))
    queue.quotas["default"].size = 4
    configureQueue(QueueReady(queue))
    assert queue.quotas["default"].size == 4


def test_P30_dispatchers_get_ping_intervals(dispatcher):
    configureDispatcher(DispatcherActivated(dispatcher))
    assert dispatcher.ping_interval == timedelta(seconds=120)
    assert dispatcher.ping_death_interval == timedelta(seconds=300)


def test_K88_ping_intervals_that_were_changed_survive_a_restart(queue, dispatcher):
    queue.parent.ping_interval, queue.parent.ping_death_interval = timedelta(seconds=30), timedelta(seconds=60)
    configureDispatcher(DispatcherActivated(dispatcher))
    assert dispatcher.ping_interval == timedelta(seconds=30), "though these are the engine's own"
    assert dispatcher.ping_death_interval == timedelta(seconds=60)


def test_K88_ping_intervals_of_one_dispatcher_survive_a_restart(dispatcher):
    set_ping_intervals(dispatcher, 10, 90)
    configureDispatcher(DispatcherActivated(dispatcher))
    assert dispatcher.ping_interval == timedelta(seconds=10)
    assert dispatcher.ping_death_interval == timedelta(seconds=90)


def test_set_quota_creates_or_resizes(queue, caplog):
    caplog.set_level("INFO", logger="plone.app.async")
    set_quota(queue, "mail", 2)
    set_quota(queue, "mail", size=3)
    set_quota(queue, "mail", size=3)
    assert queue.quotas["mail"].size == 3
    assert len(caplog.records) == 2
