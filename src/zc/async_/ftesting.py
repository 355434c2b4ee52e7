"""A working dispatcher for functional tests of applications."""

from __future__ import annotations

import logging
import sys
from typing import Any
from uuid import uuid4

import zope.component
import zope.component.event

from zc.async_ import dispatcher as dispatchers
from zc.async_.dispatcher import Dispatcher
from zc.async_.interfaces import IUUID
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.subscribers import ThreadedDispatcherInstaller
from zc.async_.subscribers import agent_installer as default_agent_installer
from zc.async_.subscribers import queue_installer as default_queue_installer
from zc.async_.testing import get_poll
from zc.async_.testing import print_logs
from zc.async_.testing import tear_down_dispatcher


POLL_INTERVAL = 0.1
STDOUT: Any = object()
"""Stands for what is ``sys.stdout`` at the call."""

default_dispatcher_installer = ThreadedDispatcherInstaller(poll_interval=POLL_INTERVAL)

_undo: list[Any] = []


def setUp(
    connection: Any = None,
    queue_installer: Any = default_queue_installer,
    dispatcher_installer: Any = default_dispatcher_installer,
    agent_installer: Any = default_agent_installer,
    log_file: Any = STDOUT,
    log_level: int = logging.CRITICAL,
) -> Dispatcher:
    """Make queues and start a dispatcher for the database of ``connection``; returns it once it has looked twice.

    Without ``connection``, that of what ``getRootFolder()`` in the caller's module returns. What the engine logs from
    ``log_level`` on goes to ``log_file``; with None it goes nowhere. A process without an identity gets a passing one.
    """
    if connection is None:
        connection = sys._getframe(1).f_globals["getRootFolder"]()._p_jar
    registry = zope.component.getSiteManager()
    if registry.queryUtility(IUUID) is None:
        identity = uuid4()
        registry.registerUtility(identity, IUUID)
        _undo.append(lambda: registry.unregisterUtility(identity, IUUID))
    registry.registerHandler(agent_installer, (IDispatcherActivated,))
    _undo.append(lambda: registry.unregisterHandler(agent_installer, (IDispatcherActivated,)))
    event = DatabaseOpened(connection.db())
    queue_installer(event)
    if log_file is not None:
        handler = print_logs(None if log_file is STDOUT else log_file, log_level)
        _undo.append(lambda: logging.getLogger("zc.async").removeHandler(handler))
    dispatcher: Dispatcher = dispatcher_installer(event)
    _undo.append(lambda: end_dispatcher(dispatcher))
    get_poll(dispatcher, 0)
    assert "" in get_poll(dispatcher, 1), "the default queue is not looked at"
    return dispatcher


def tearDown() -> None:
    """Undo what :func:`setUp` did, as often as that was called.

    Raises :class:`TearDownDispatcherError` if jobs do not end; all else is undone even then.
    """
    try:
        while _undo:
            _undo.pop()()
    finally:
        if _undo:
            tearDown()


def end_dispatcher(dispatcher: Dispatcher) -> None:
    """End a dispatcher with its threads and its reactor, and forget it.

    Raises :class:`TearDownDispatcherError` if jobs do not end; all else is undone even then.
    """
    try:
        tear_down_dispatcher(dispatcher)
        _close_reactor(dispatcher.reactor)
    finally:
        if dispatchers.get(dispatcher.UUID) is dispatcher:
            dispatchers.pop(dispatcher.UUID)


def _close_reactor(reactor: Any) -> None:
    """Close the descriptors by which a reactor that has ended could be woken; it does not do that itself."""
    for reader in list(getattr(reactor, "_internalReaders", ())):
        reactor.removeReader(reader)
        reader.connectionLost(None)
    if hasattr(reactor, "_internalReaders"):
        reactor._internalReaders.clear()
