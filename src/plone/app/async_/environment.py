"""Where and as whom a job runs: captured in the request that queues it, restored in the worker's thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from threading import get_ident
from typing import Any

import Zope2
from AccessControl.SecurityManagement import getSecurityManager
from AccessControl.SecurityManagement import newSecurityManager
from AccessControl.SecurityManagement import noSecurityManager
from AccessControl.SecurityManagement import setSecurityManager
from Products.CMFCore.interfaces import ISiteRoot
from Products.CMFCore.Skinnable import SKINDATA
from ZODB.Connection import Connection
from ZODB.interfaces import IDatabase
from zope.component import queryUtility
from zope.component.hooks import getSite
from zope.component.hooks import setSite
from zope.globalrequest import getRequest
from zope.globalrequest import setRequest

from plone.app.async_ import request as requests
from plone.app.async_ import user as users
from plone.app.async_.interfaces import NoSite
from plone.app.async_.references import Path
from plone.app.async_.references import find_path
from plone.app.async_.references import missing


@dataclass(frozen=True)
class Environment:
    """Site, user and request of a job, as data."""

    portal_path: Path
    uf_path: Path
    user_id: str | None
    request: requests.RequestState


def current_portal() -> Any:
    """The Plone site that the current site is or is in; ``NoSite`` if there is none."""
    portal = queryUtility(ISiteRoot)
    if portal is None:
        raise NoSite
    return portal


def capture() -> Environment:
    """The environment of the code that is running now; reads only.

    Raises ``NoSite`` and ``UserNotRestorable``.
    """
    portal = current_portal()
    uf_path, user_id = users.capture()
    return Environment(portal.getPhysicalPath(), uf_path, user_id, requests.capture(portal))


def main_connection(connection: Connection) -> Connection:
    """The connection to the database of the sites that belongs to the same transaction."""
    database = Zope2.DB or queryUtility(IDatabase)
    name = None if database is None else database.database_name
    return connection.get_connection(name) if name in connection.db().databases else connection


def restore(connection: Connection, environment: Environment) -> Callable[[], None]:
    """Put this thread into the environment, with objects of the connection's transaction; returns the way back.

    Raises ``BadRequest`` when site, user folder or user are gone, and has then put all back itself. Neither way
    begins or ends a transaction.
    """
    with ExitStack() as stack:
        _remember_thread(stack)
        noSecurityManager()
        application = main_connection(connection).root()["Application"]
        root, request = requests.make(application, environment.request)
        stack.callback(request.close)
        setRequest(request)
        portal = find_path(root, environment.portal_path)
        if portal is None:
            raise missing("Portal", environment.portal_path)
        setSite(portal)
        requests.enter(portal, request, environment.request)
        user = users.restore(root, environment.uf_path, environment.user_id)
        newSecurityManager(request, user)
        request["AUTHENTICATED_USER"] = user
        return stack.pop_all().close
    raise AssertionError  # not reached: the stack swallows nothing


def _remember_thread(stack: ExitStack) -> None:
    """Have the stack put back what belongs to the thread, the request last: closing one forgets the site."""
    stack.callback(_restore_skin, SKINDATA.pop(get_ident(), None))
    stack.callback(setSecurityManager, getSecurityManager())
    stack.callback(setSite, getSite())
    stack.callback(setRequest, getRequest())


def _restore_skin(skin: Any) -> None:
    SKINDATA.pop(get_ident(), None)
    if skin is not None:
        SKINDATA[get_ident()] = skin
