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


@pytest.fixture
def queue():
    return Queue()


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


def test_a_quota_that_was_changed_survives_a_restart(queue):
    configureQueue(QueueReady(queue))
    queue.quotas["default"].size = 4
    configureQueue(QueueReady(queue))
    assert queue.quotas["default"].size == 4


def test_a_new_dispatcher_gets_ping_intervals(dispatcher):
    configureDispatcher(DispatcherActivated(dispatcher))
    assert dispatcher.ping_interval == timedelta(seconds=120)
    assert dispatcher.ping_death_interval == timedelta(seconds=300)


@pytest.mark.parametrize(("ping", "death"), [(10, 20), (30, 90)])
def test_ping_intervals_that_were_changed_survive_a_restart(dispatcher, ping, death):
    set_ping_intervals(dispatcher, ping, death)
    configureDispatcher(DispatcherActivated(dispatcher))
    assert dispatcher.ping_interval == timedelta(seconds=ping)
    assert dispatcher.ping_death_interval == timedelta(seconds=death)


def test_set_quota_creates_or_resizes(queue, caplog):
    caplog.set_level("INFO", logger="plone.app.async")
    set_quota(queue, "mail", 2)
    set_quota(queue, "mail", size=3)
    set_quota(queue, "mail", size=3)
    assert queue.quotas["mail"].size == 3
    assert len(caplog.records) == 2
