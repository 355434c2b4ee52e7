"""Probes: whether this process does its work, and reaches its databases.

They answer in the thread of the health server, which has no site and no connection; none touches a database.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable

from plone.observability.interfaces import ILivenessCheck
from plone.observability.interfaces import IReadinessCheck
from ZODB.interfaces import IDatabase
from zope.component import getUtilitiesFor
from zope.component import queryUtility
from zope.interface import implementer

from plone.app.async_.interfaces import IInitAsync
from plone.app.async_.worker import InitWorker
from plone.app.async_.worker import is_disabled
from zc.async_ import dispatcher
from zc.async_ import health
from zc.async_.dispatcher import Dispatcher
from zc.async_.health import Health


NO_JOBS_HERE = Health(True, "this process runs no jobs")
NOT_AT_WORK = Health(False, "this process is to run jobs, and does not: it is starting, or its log tells why")
NO_SERVERS = Health(True, "no database is on a server that can be asked")


@implementer(ILivenessCheck)
class Liveness:
    """False if only another start of the process could help."""

    name = "plone.app.async"

    def __call__(self) -> Health:
        """Whether it is alive, and what the matter is."""
        return _of_dispatchers(health.liveness) or NO_JOBS_HERE


@implementer(IReadinessCheck)
class Readiness:
    """False if this process is a worker that cannot run jobs now."""

    name = "plone.app.async"

    def __call__(self) -> Health:
        """Whether it is ready, and what the matter is."""
        return _of_dispatchers(health.readiness) or (NOT_AT_WORK if _is_worker() else NO_JOBS_HERE)


@implementer(IReadinessCheck)
class Connections:
    """False if a database's server is away; only ZEO can be asked without using it."""

    name = "plone.app.async.databases"

    def __call__(self) -> Health:
        """Whether they are all there, and which are not."""
        databases = {id(database): database for _, database in getUtilitiesFor(IDatabase)}
        return _all(filter(None, map(health.connection, databases.values()))) or NO_SERVERS


def _of_dispatchers(check: Callable[[Dispatcher], Health]) -> Health | None:
    return _all(map(check, dispatcher.registered()))


def _all(checks: Iterable[Health]) -> Health | None:
    """All of them in one; None if there are none."""
    found = list(checks)
    return Health(all(each.ok for each in found), "; ".join(each.words for each in found)) if found else None


def _is_worker() -> bool:
    return isinstance(queryUtility(IInitAsync), InitWorker) and not is_disabled()
