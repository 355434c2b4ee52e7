"""Wiring in Python, for those who use no ZCML. Calling a function twice is harmless."""

from __future__ import annotations

import types
from typing import Any

import zope.component
import zope.component.event
from persistent.interfaces import IPersistent
from transaction.interfaces import ITransactionManager
from ZODB.interfaces import IConnection

from zc.async_ import dispatcher
from zc.async_ import instanceuuid
from zc.async_ import twist
from zc.async_.interfaces import IUUID
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import IJob
from zc.async_.interfaces import IQueue
from zc.async_.job import METHOD_TYPES
from zc.async_.job import Job
from zc.async_.queue import getDefaultQueue
from zc.async_.subscribers import AgentInstaller
from zc.async_.subscribers import QueueInstaller
from zc.async_.subscribers import ThreadedDispatcherInstaller
from zc.async_.subscribers import TwistedDispatcherInstaller


def minimal() -> None:
    """Register what a process needs that queues jobs: its identity, transaction managers, and the adapters to IJob."""
    zope.component.provideUtility(instanceuuid.getUUID(), IUUID)
    for source in (IPersistent, IConnection):
        zope.component.provideAdapter(twist.transactionManager, adapts=(source,), provides=ITransactionManager)
    for callable_type in {types.FunctionType, types.BuiltinFunctionType, *METHOD_TYPES}:
        zope.component.provideAdapter(Job, adapts=(callable_type,), provides=IJob)


def base() -> None:
    """Register :func:`minimal`, and the connections and the default queue of persistent objects and connections."""
    minimal()
    zope.component.provideAdapter(twist.connection, adapts=(IPersistent,), provides=IConnection)
    zope.component.provideAdapter(getDefaultQueue, adapts=(IPersistent,), provides=IQueue)
    zope.component.provideAdapter(getDefaultQueue, adapts=(IConnection,), provides=IQueue)


def start(
    db: Any,
    poll_interval: float = 5,
    db_name: str | None = None,
    agent_chooser: Any = None,
    agent_size: int = 3,
    twisted: bool = False,
) -> Any:
    """Make the queues and start a dispatcher for ``db`` in this process; returns the dispatcher.

    If this process has one that runs already, that one is returned. With ``twisted`` the dispatcher lives as long as
    Twisted's global reactor runs, which is the caller's business; otherwise it begins at once, and its end is waited
    for when the process is ended by a signal. Requires :func:`base`.
    """
    present = dispatcher.get(instanceuuid.own())
    if present is not None:
        if present.db is db and present.activated is not None:
            return present
        if present.activated is None:
            dispatcher.pop(present.UUID)
    _provide_agents(AgentInstaller("main", chooser=agent_chooser, size=agent_size))
    event = DatabaseOpened(db)
    QueueInstaller(db_name=db_name)(event)
    installer: Any = TwistedDispatcherInstaller if twisted else ThreadedDispatcherInstaller
    return installer(poll_interval)(event)


def _provide_agents(installer: AgentInstaller) -> None:
    """Register the installer of agents, in place of the one that an earlier :func:`start` registered."""
    registry = zope.component.getSiteManager()
    for registration in list(registry.registeredHandlers()):
        if isinstance(registration.handler, AgentInstaller) and registration.handler.agent_name == installer.agent_name:
            registry.unregisterHandler(registration.handler)
    registry.registerHandler(installer)
