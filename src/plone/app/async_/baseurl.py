"""Where sites are for jobs that were queued without a request: what ``ZC_ASYNC_BASE_URL`` says.

The variable holds the address of the site, or, where a database has several sites, pairs with blanks between:
``/Plone=https://www.example.com /intra=https://www.example.com/intra``. It is read by the workers when they run a job.
"""

from __future__ import annotations

import os
from functools import lru_cache
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlsplit

from plone.app.async_.references import Path
from plone.app.async_.request import DEFAULT_PORTS
from plone.app.async_.request import RequestState
from zc.async_.interfaces import AsyncError


BASE_URL = "ZC_ASYNC_BASE_URL"
"""Environment variable with the addresses of sites."""

ANY_SITE = ""


class InvalidBaseURL(AsyncError, ValueError):
    """The environment variable ZC_ASYNC_BASE_URL does not hold addresses of sites."""


def request_state(portal_path: Path) -> RequestState:
    """The state of a request to the site at its configured address; empty if none is configured.

    Raises ``InvalidBaseURL``.
    """
    addresses = configured()
    path = "/".join(portal_path)
    url = addresses.get(path) or addresses.get(ANY_SITE)
    return () if url is None else state_at(url, path)


def state_at(url: str, path: str) -> RequestState:
    """The state of a request in which the object at ``path`` has the address ``url``, as behind a virtual host.

    Raises ``ValueError`` saying what is wrong with the address.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} does not begin with http://HOST or https://HOST")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"what is said of {parts.hostname} is more than a scheme, a host, a port and a path")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port is None or str(parts.port) == DEFAULT_PORTS[parts.scheme] else f":{parts.port}"
    outer = "/".join(quote(unquote(name)) for name in parts.path.split("/") if name)
    return f"{parts.scheme}://{host}{port}", "", outer, path


def configured() -> dict[str, str]:
    """The addresses by the paths of the sites, ``""`` for any site; raises ``InvalidBaseURL``."""
    return _parse(os.environ.get(BASE_URL, ""))


@lru_cache(maxsize=1)
def _parse(value: str) -> dict[str, str]:
    addresses: dict[str, str] = {}
    for entry in value.split():
        path, url = entry.split("=", 1) if entry.startswith("/") and "=" in entry else (ANY_SITE, entry)
        path = path.rstrip("/")
        try:
            state_at(url, path)
        except ValueError as error:
            raise InvalidBaseURL(_explain(str(error))) from error
        if path in addresses:
            raise InvalidBaseURL(_explain(f"there are two addresses for {path or 'any site'}"))
        addresses[path] = url
    return addresses


def _explain(problem: str) -> str:
    return (
        f"the environment variable {BASE_URL} cannot be used: {problem}; give the address of the site, such as "
        "https://www.example.com, or for several sites pairs such as /Plone=https://www.example.com"
    )
