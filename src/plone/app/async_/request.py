"""The request of a job: enough of the queuing request for the same URLs, language and skin."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

from Products.CMFCore.utils import getToolByName
from zope.event import notify
from zope.globalrequest import getRequest
from zope.publisher.browser import setDefaultSkin
from zope.traversing.interfaces import BeforeTraverseEvent
from ZPublisher.BaseRequest import RequestContainer
from ZPublisher.HTTPRequest import HTTPRequest
from ZPublisher.HTTPResponse import HTTPResponse

from plone.app.async_.interfaces import AsyncError


RequestState = tuple[str, ...]
"""Server URL, language, quoted path inside the server, path of the virtual root, skin; what is empty at the end
is left out."""

DEFAULT_SERVER_URL = "http://localhost"
"""Where a site is for a job that was not queued by a request."""

DEFAULT_PORTS = {"http": "80", "https": "443"}


def capture(portal: Any) -> RequestState:
    """The state of the current request that makes URLs, language and skin; empty if there is no request.

    Browser layers are not kept: the site gives them to each request.
    """
    request = getRequest()
    if not isinstance(request, HTTPRequest):  # None, or not one of Zope's
        return ()
    known = request.other
    state = [
        known.get("SERVER_URL", ""),
        known.get("LANGUAGE") or "",
        "/".join(request._script),
        "/".join(known.get("VirtualRootPhysicalPath", ("",))),
        _special_skin(portal),
    ]
    while state and not state[-1]:
        state.pop()
    return tuple(state)


def _special_skin(portal: Any) -> str:
    skin = portal.getCurrentSkinName()
    return "" if skin == getToolByName(portal, "portal_skins").getDefaultSkin() else skin or ""


def make(application: Any, state: RequestState) -> tuple[Any, HTTPRequest]:
    """A new request, and the application object in it. The caller closes the request."""
    server_url, language, script, virtual_root, _ = _complete(state)
    url = urlsplit(server_url)
    environ = {
        "SERVER_URL": server_url,
        "SERVER_NAME": url.hostname or "localhost",
        "SERVER_PORT": str(url.port or DEFAULT_PORTS.get(url.scheme, "80")),
        "HTTP_HOST": url.netloc,
        "HTTP_ACCEPT_LANGUAGE": language,
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "wsgi.url_scheme": url.scheme,
    }
    request = HTTPRequest(io.BytesIO(), environ, HTTPResponse(stdout=io.BytesIO()))
    request._script[:] = [name for name in script.split("/") if name]
    request["VirtualRootPhysicalPath"] = tuple(virtual_root.split("/"))
    request._resetURLS()
    request["ACTUAL_URL"] = request["URL"]
    setDefaultSkin(request)
    root = application.__of__(RequestContainer(REQUEST=request))
    request["PARENTS"] = [root]
    request["TraversalRequestNameStack"] = []
    return root, request


def enter(portal: Any, request: HTTPRequest, state: RequestState) -> None:
    """Let the site mark the request as if it were traversed: skin, browser layers, language."""
    _, language, _, _, skin = _complete(state)
    request["PARENTS"].insert(0, portal)
    if skin:
        portal.changeSkin(skin, request)
    portal.setupCurrentSkin(request)
    notify(BeforeTraverseEvent(portal, request))
    if language:  # the site may have negotiated another one
        request["LANGUAGE"] = language
        binding = request.get("LANGUAGE_TOOL")
        if binding is not None:
            binding.LANGUAGE = language


def _complete(state: RequestState) -> tuple[str, str, str, str, str]:
    if len(state) > 5:
        raise AsyncError("the request of this job was stored by a newer version of plone.app.async")
    server_url, *rest = (*state, *("",) * (5 - len(state)))
    language, script, virtual_root, skin = rest
    return server_url or DEFAULT_SERVER_URL, language, script, virtual_root, skin
