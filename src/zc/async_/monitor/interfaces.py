"""What the monitor asks of commands and of connections."""

from __future__ import annotations

from typing import Any
from typing import Protocol

from zope.interface import Interface


__all__ = ["Connection", "IMonitorPlugin", "Marker"]


class Marker:
    """What a command returns to say how its connection goes on."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class IMonitorPlugin(Interface):
    """A command of the monitor, registered as a utility by its name.

    Called in a thread of its own, without a transaction, a site or a user.
    Whatever it raises is shown to the peer.
    """

    def __call__(connection: Connection, *arguments: str) -> Any:
        """Write the answer to ``connection``; return a marker or anything.

        ``arguments`` are the words after the command's name.  What is no
        marker leaves the mode of the connection as it is.
        """


class Connection(Protocol):
    """The peer, as commands see it.  Usable from any thread."""

    def write(self, data: str) -> None:
        """Send text, in the order of the calls; lost when the peer is gone."""

    def close(self) -> None:
        """Close once everything written has been sent."""
