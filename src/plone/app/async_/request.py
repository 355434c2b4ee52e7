"""The request of a job: enough of the queuing request for the same URLs, language and skin."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlsplit

from Products.CMFCore.utils import getToolByName
from zope.event import notify
from zope.globalrequest import getRequest
from zope.publisher.browser import setDefaultSkin
from zope.traversing.interfaces import BeforeTraverseEvent
from ZPublisher.BaseRequest import RequestContainer
from ZPublisher.HTTPRequest import HTTPRequest
from ZPublisher.HTTPRequest import WSGIRequest
from ZPublisher.HTTPResponse import WSGIResponse

from plone.app.async_ import layers
from plone.app.async_.interfaces import AsyncError


RequestState = tuple[str, ...]
"""Server URL, language, quoted path inside the server, path of the virtual root, skin, browser layers; what is empty
at the end is left out."""

FIELDS = 6

DEFAULT_SERVER_URL = "http://localhost"
"""Where Zope is for a job that was queued without a request, unless that is configured."""

DEFAULT_PORTS = {"http": "80", "https": "443"}


def capture(portal: Any) -> RequestState:
    """What the current request has to do with URLs, language and look; empty if there is no request.

    What else it carries is not kept, least of all what the client sent: form, cookies and headers hold secrets.
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
        layers.capture(request),
    ]
    while state and not state[-1]:
        state.pop()
    return tuple(state)


def _special_skin(portal: Any) -> str:
    skin = portal.getCurrentSkinName()
    return "" if skin == getToolByName(portal, "portal_skins").getDefaultSkin() else skin or ""


def make(application: Any, state: RequestState) -> tuple[Any, HTTPRequest]:
    """A new request, and the application object in it. The caller closes the request."""
    server_url, language, script, virtual_root, _, _ = _complete(state)
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
    request = WSGIRequest(io.BytesIO(), environ, WSGIResponse(stdout=io.BytesIO()))
    request._script[:] = [name for name in script.split("/") if name]
    request["VirtualRootPhysicalPath"] = tuple(virtual_root.split("/"))
    if script or virtual_root:
        _tell_of_virtual_host(request, url.scheme, virtual_root)
    request._resetURLS()
    request["ACTUAL_URL"] = request["URL"]
    setDefaultSkin(request)
    root = application.__of__(RequestContainer(REQUEST=request))
    request["PARENTS"] = [root]
    request["TraversalRequestNameStack"] = []
    return root, request


def _tell_of_virtual_host(request: HTTPRequest, scheme: str, virtual_root: str) -> None:
    """Leave the traces of a VirtualHostMonster, from which requests within the request go on."""
    names = [unquote(name) for name in request._script]
    server = f"{request['SERVER_NAME']}:{request['SERVER_PORT']}"
    inner = "".join(f"/_vh_{name}" for name in names)
    request.environ["PATH_INFO"] = f"/VirtualHostBase/{scheme}/{server}{virtual_root}/VirtualHostRoot{inner}"
    parts = [request["SERVER_URL"], "/".join(names), ""]
    request["VIRTUAL_URL_PARTS"] = tuple(parts if names else parts[::2])
    request["VIRTUAL_URL"] = "/".join(request["VIRTUAL_URL_PARTS"])


def address_of(path: tuple[str, ...], state: RequestState) -> str:
    """The URL that the object at ``path`` has for a job with that state."""
    server_url, _, script, virtual_root, *_ = _complete(state)
    root = virtual_root.split("/")
    below = path[len(root) :] if list(path[: len(root)]) == root else path[1:]
    return "/".join([server_url, *(name for name in script.split("/") if name), *map(quote, below)])


def language_of(state: RequestState) -> str:
    """The language of the queuing request; empty if it had none."""
    return _complete(state)[1]


def enter(portal: Any, request: HTTPRequest, state: RequestState) -> None:
    """Let the site mark the request as if it were traversed: skin, browser layers, language.

    Raises ``BadRequest`` if a browser layer of the queuing request is gone.
    """
    _, language, _, _, skin, marks = _complete(state)
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
    layers.mark(request, marks)


def _complete(state: RequestState) -> RequestState:
    if len(state) > FIELDS:
        raise AsyncError("the request of this job was stored by a newer version of plone.app.async")
    server_url, *rest = (*state, *("",) * (FIELDS - len(state)))
    return (server_url or DEFAULT_SERVER_URL, *rest)
