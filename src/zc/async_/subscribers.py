"""Installers of queues, dispatchers and agents, to be called with an event: by ``zope.event``, ZCML or by hand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import transaction
from twisted.internet.defer import Deferred
from twisted.internet.selectreactor import SelectReactor
from ZODB.Connection import Connection
from zope.component import adapter
from zope.event import notify

from zc.async_ import instanceuuid
from zc.async_.agent import EXCLUSIVE
from zc.async_.agent import Agent
from zc.async_.dispatcher import Dispatcher
from zc.async_.farewell import granted
from zc.async_.interfaces import KEY
from zc.async_.interfaces import IDatabaseOpened
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.interfaces import ObjectAdded
from zc.async_.queue import Queue
from zc.async_.queue import Queues
from zc.async_.signals import install_signal_handlers
from zc.async_.signals import restore_signal_handlers
from zc.async_.signals import signal_handlers
from zc.async_.turns import take_shorter_turns


__all__ = [
    "AgentInstaller",
    "QueueInstaller",
    "ThreadedDispatcherInstaller",
    "TwistedDispatcherInstaller",
    "agent_installer",
    "make_dispatcher",
    "multidb_queue_installer",
    "queue_installer",
    "restore_signal_handlers",
    "signal_handlers",
    "stop_dispatcher",
    "threaded_dispatcher_installer",
    "twisted_dispatcher_installer",
]

events = logging.getLogger("zc.async.events")


def make_queue(connection: Connection, name: str) -> Queue:
    """The default factory of :class:`QueueInstaller`."""
    return Queue()


class QueueInstaller:
    """Makes sure that the queues exist; commits in a transaction of its own. May be called again and again.

    ``db_name`` names the database of the group in which the container is to live.
    """

    def __init__(
        self,
        queues: Iterable[str] = ("",),
        factory: Callable[[Connection, str], Queue] = make_queue,
        db_name: str | None = None,
    ) -> None:
        adapter(IDatabaseOpened)(self)
        self.queues = tuple(queues)
        self.factory = factory
        self.db_name = db_name

    def __call__(self, event: Any) -> None:
        manager = transaction.TransactionManager()
        connection = event.database.open(manager)
        try:
            for attempt in manager.attempts(5):
                with attempt as current:
                    current.note("zc.async queues")
                    self.install(connection)
        finally:
            connection.close()

    def install(self, connection: Connection) -> Queues:
        """Make what is missing, in the caller's transaction, and return the container."""
        root = connection.root()
        container = root.get(KEY)
        if container is None:
            container = Queues()
            home = connection if self.db_name is None else connection.get_connection(self.db_name)
            home.add(container)
            root[KEY] = container
            notify(ObjectAdded(container, root, KEY))
            events.info("queues collection added")
        for name in self.queues:
            if name not in container:
                queue = self.factory(connection, name)
                container._p_jar.add(queue)
                container[name] = queue
                notify(ObjectAdded(queue, container, name))
                events.info("queue %r added", name)
        return container


queue_installer = QueueInstaller()
multidb_queue_installer = QueueInstaller(db_name="async")


class ThreadedDispatcherInstaller:
    """Starts a dispatcher for the database, with a Twisted reactor in a daemon thread of its own.

    ``uuid`` is the identity to use; by default that of this process, whose file is locked then: ``IdentityError`` if
    another process has it. With ``signals`` the end of the process by a signal waits for the dispatcher; without,
    whoever owns the process calls :func:`stop_dispatcher` before it closes the database.
    """

    def __init__(
        self,
        poll_interval: float = 5,
        reactor_factory: Callable[[], Any] = SelectReactor,
        uuid: UUID | None = None,
        signals: bool = True,
    ) -> None:
        adapter(IDatabaseOpened)(self)
        self.poll_interval = poll_interval
        self.reactor_factory = reactor_factory
        self.uuid = uuid
        self.signals = signals

    def __call__(self, event: Any) -> Dispatcher:
        reactor = self.reactor_factory()
        dispatcher = make_dispatcher(event.database, reactor, self.poll_interval, self.uuid)
        dispatcher.thread = threading.Thread(
            target=reactor.run, kwargs={"installSignalHandlers": False}, name="zc.async reactor", daemon=True
        )
        dispatcher.thread.start()
        dispatcher.activate()
        if self.signals:
            install_signal_handlers(dispatcher, stop_dispatcher)
        return dispatcher


threaded_dispatcher_installer = ThreadedDispatcherInstaller()


class TwistedDispatcherInstaller:
    """Makes a dispatcher that starts and ends with a reactor which somebody else runs, by default Twisted's global one.

    Jobs get that reactor. It is not blocked by the dispatcher, nor by its end, for which its shutdown waits.
    """

    def __init__(self, poll_interval: float = 5, reactor: Any = None, uuid: UUID | None = None) -> None:
        adapter(IDatabaseOpened)(self)
        self.poll_interval = poll_interval
        self.reactor = reactor
        self.uuid = uuid

    def __call__(self, event: Any) -> Dispatcher:
        dispatcher = make_dispatcher(event.database, self.reactor, self.poll_interval, self.uuid)
        reactor = dispatcher.reactor
        reactor.callWhenRunning(dispatcher.activate)
        reactor.addSystemEventTrigger("before", "shutdown", _end_with, reactor, dispatcher)
        return dispatcher


twisted_dispatcher_installer = TwistedDispatcherInstaller()


def _end_with(reactor: Any, dispatcher: Dispatcher) -> Deferred[None] | None:
    """What the reactor waits for before it ends."""
    if dispatcher.activated is None:
        return None
    ended: Deferred[None] = Deferred()

    def end() -> None:
        try:
            stop_dispatcher(dispatcher)
        finally:
            reactor.callFromThread(ended.callback, None)

    reactor.callInThread(end)
    return ended


def make_dispatcher(db: Any, reactor: Any, poll_interval: float, uuid: UUID | None) -> Dispatcher:
    """A dispatcher with that identity, or with that of this process, which it holds until it is stopped.

    Shortens the turns of the process's threads, see ``turns``.
    """
    take_shorter_turns()
    lock = None
    if uuid is None:
        uuid, lock = instanceuuid.take()
    try:
        dispatcher = Dispatcher(db, reactor, poll_interval, uuid)
    except ValueError:
        if lock is not None:
            lock.close()
        raise
    dispatcher.identity_lock = lock
    return dispatcher


def stop_dispatcher(dispatcher: Dispatcher, timeout: float | None = None) -> bool:
    """End a dispatcher and its reactor thread; whether all threads ended within ``timeout`` seconds or so.

    Without ``timeout`` it is what the container of the queues says, or three seconds. Its signal handlers are taken
    away and its identity is free again. ``ValueError`` if it is not activated.
    """
    if timeout is None:
        timeout = granted(dispatcher.grace)
    ended = dispatcher.deactivate(timeout)
    if dispatcher.thread is not None:
        dispatcher.reactor.callFromThread(dispatcher.reactor.stop)
        dispatcher.thread.join(timeout)
        ended = ended and not dispatcher.thread.is_alive()
    restore_signal_handlers(dispatcher)
    if dispatcher.identity_lock is not None:
        dispatcher.identity_lock.close()
    return ended


class AgentInstaller:
    """Gives an activated dispatcher an agent, unless it has one of that name; in its activation's transaction."""

    def __init__(
        self,
        agent_name: str,
        chooser: Any = None,
        size: int = 3,
        queue_names: Iterable[str] | None = None,
        filter: Any = None,
    ) -> None:
        if chooser is not None and filter is not None:
            raise ValueError(EXCLUSIVE)
        adapter(IDispatcherActivated)(self)
        self.agent_name = agent_name
        self.chooser = chooser
        self.size = size
        self.queue_names = None if queue_names is None else frozenset(queue_names)
        self.filter = filter

    def __call__(self, event: Any) -> None:
        record = event.object
        queue_name = record.parent.name
        if self.queue_names is not None and queue_name not in self.queue_names:
            return
        if self.agent_name in record:
            events.info("agent %r already in queue %r", self.agent_name, queue_name)
            return
        record[self.agent_name] = Agent(chooser=self.chooser, filter=self.filter, size=self.size)
        events.info("agent %r added to queue %r", self.agent_name, queue_name)


agent_installer = AgentInstaller("main")
