"""Adapters that an application may register."""

from __future__ import annotations

from typing import Any

from persistent.interfaces import IPersistent
from zope.component import adapter
from zope.interface import implementer

from zc.async_.interfaces import KEY
from zc.async_.interfaces import IQueue


@adapter(IPersistent)
@implementer(IQueue)
def defaultQueueAdapter(obj: Any) -> Any:
    """The default queue in the database that a stored object is in; needs no adapter to its connection."""
    return obj._p_jar.root()[KEY][""]
