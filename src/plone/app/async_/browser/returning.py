"""Where a page goes after a form was posted to it: back to where the reader was."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from Products.statusmessages.interfaces import IStatusMessage


DEFAULT = "@@manage-job-queue"


def is_local(address: Any) -> bool:
    """Whether an address names a view of this site with its query, and nothing outside of it."""
    if not isinstance(address, str) or not address.startswith("@@") or "\\" in address:
        return False
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc and "/" not in parts.path


def go_back(request: Any, portal_url: str, message: str, kind: str = "info", default: str = DEFAULT) -> str:
    """Tell what was done, and redirect to the form's ``came_from``, else to ``default``."""
    IStatusMessage(request).add(message, type=kind)
    came_from = request.form.get("came_from")
    target = came_from if is_local(came_from) else default
    return request.response.redirect(f"{portal_url}/{target}", status=303)
