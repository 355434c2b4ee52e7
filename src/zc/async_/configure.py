"""Wiring in Python, for those who use no ZCML. Calling a function twice is harmless."""

from __future__ import annotations

import types
from typing import Any

import zope.component
import zope.component.event
from persistent.interfaces import IPersistent
from ZODB.interfaces import IConnection

from zc.async_ import instanceuuid
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


def minimal() -> None:
    """Register what a process needs that queues jobs: its identity and the adapters to IJob."""
    zope.component.provideUtility(instanceuuid.getUUID(), IUUID)
    for callable_type in {types.FunctionType, types.BuiltinFunctionType, *METHOD_TYPES}:
        zope.component.provideAdapter(Job, adapts=(callable_type,), provides=IJob)


def base() -> None:
    """Register :func:`minimal` and the default queue of persistent objects and connections."""
    minimal()
    zope.component.provideAdapter(connection_of, adapts=(IPersistent,), provides=IConnection)
    zope.component.provideAdapter(getDefaultQueue, adapts=(IPersistent,), provides=IQueue)
    zope.component.provideAdapter(getDefaultQueue, adapts=(IConnection,), provides=IQueue)


def start(
    db: Any, poll_interval: float = 5, db_name: str | None = None, agent_chooser: Any = None, agent_size: int = 3
) -> Any:
    """Make the queues and start a dispatcher for ``db`` in this process; returns the dispatcher."""
    zope.component.provideHandler(AgentInstaller("main", chooser=agent_chooser, size=agent_size))
    event = DatabaseOpened(db)
    QueueInstaller(db_name=db_name)(event)
    return ThreadedDispatcherInstaller(poll_interval)(event)


def connection_of(obj: Any) -> Any:
    """The connection of a persistent object or of the nearest of its parents that has one; None if there is none."""
    while obj is not None:
        if obj._p_jar is not None:
            return obj._p_jar
        obj = getattr(obj, "__parent__", None)
    return None
