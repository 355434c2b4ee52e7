"""Where and as whom a job runs: captured in the request that queues it, restored in the worker's thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
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
from zope.security.management import endInteraction
from zope.security.management import newInteraction
from zope.security.management import queryInteraction
from zope.security.management import thread_local

from plone.app.async_ import baseurl
from plone.app.async_ import request as requests
from plone.app.async_ import signing
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


def restore(connection: Connection, environment: Environment, note: str) -> Callable[[], None]:
    """Put this thread into the environment, with objects of the connection's transaction; returns the way back.

    The transactions of this thread are signed by the user and with ``note`` until then. Raises ``BadRequest`` when
    site, user folder, user or a browser layer are gone, and ``InvalidBaseURL``, and has then put all back itself.
    Neither way begins or ends a transaction.
    """
    with ExitStack() as stack:
        stack.enter_context(_signed(connection, environment, note))
        _leave(stack)
        state = environment.request or baseurl.request_state(environment.portal_path)
        application = main_connection(connection).root()["Application"]
        root, request = requests.make(application, state)
        stack.callback(request.close)
        setRequest(request)
        portal = find_path(root, environment.portal_path)
        if portal is None:
            raise missing("Portal", environment.portal_path)
        setSite(portal)
        requests.enter(portal, request, state)
        user = users.restore(root, environment.uf_path, environment.user_id)
        newSecurityManager(request, user)
        request["AUTHENTICATED_USER"] = user
        return stack.pop_all().close
    raise AssertionError  # not reached: the stack swallows nothing


def _signed(connection: Connection, here: Environment, note: str) -> AbstractContextManager[None]:
    # As the publisher writes it: the folder's place without the folder's own name.
    return signing.signed(
        connection.transaction_manager, here.user_id or "Anonymous User", "/".join(here.uf_path[1:-1]), note
    )


def _leave(stack: ExitStack) -> None:
    """Clear what belongs to the thread, and have the stack put it back, the request last: closing one forgets the site.

    What Plone's packages keep in the thread beside this, they forget when a request is closed or a transaction ends.
    """
    stack.callback(_restore_skin, SKINDATA.pop(get_ident(), None))
    stack.callback(_restore_interaction, queryInteraction())
    stack.callback(setSecurityManager, getSecurityManager())
    stack.callback(setSite, getSite())
    stack.callback(setRequest, getRequest())
    setSite(None)
    noSecurityManager()
    if queryInteraction() is not None:
        endInteraction()
    newInteraction()


def _restore_interaction(interaction: Any) -> None:
    if queryInteraction() is not None:  # the job may have ended it
        endInteraction()
    if interaction is not None:
        thread_local.interaction = interaction


def _restore_skin(skin: Any) -> None:
    SKINDATA.pop(get_ident(), None)
    if skin is not None:
        SKINDATA[get_ident()] = skin
