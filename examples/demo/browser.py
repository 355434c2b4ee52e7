"""As much of a web browser as it takes to log in and to post a form."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor
from urllib.request import ProxyHandler
from urllib.request import build_opener


TIMEOUT = 60.0


class HTTPFailed(Exception):
    """A page answered with an error."""


class HiddenFields(HTMLParser):
    """The hidden fields of a page's post forms."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._in_form = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self._in_form = (attributes.get("method") or "").lower() == "post"
        elif tag == "input" and self._in_form and attributes.get("type") == "hidden":
            self.fields[attributes.get("name") or ""] = attributes.get("value") or ""


class Browser:
    """Keeps cookies and follows redirections."""

    def __init__(self) -> None:
        # No proxy: everything is on this machine, whatever the environment says.
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def get(self, url: str) -> str:
        return self._open(url, None)

    def post(self, url: str, **fields: str) -> str:
        """Fill in the form on the page and send it."""
        form = HiddenFields()
        form.feed(self.get(url))
        return self._open(url, urlencode({**form.fields, **fields}).encode())

    def get_json(self, url: str) -> Any:
        return json.loads(self.get(url))

    def post_json(self, url: str, **fields: str) -> Any:
        return json.loads(self.post(url, **fields))

    def _open(self, url: str, data: bytes | None) -> str:
        try:
            with self._opener.open(url, data, timeout=TIMEOUT) as response:
                return response.read().decode("utf-8", "replace")
        except HTTPError as error:
            text = error.read().decode("utf-8", "replace")[:500]
            raise HTTPFailed(f"{url} answered {error.code} {error.reason}\n{text}") from None
