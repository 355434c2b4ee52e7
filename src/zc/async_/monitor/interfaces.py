"""What the monitor asks of commands and of connections."""

from __future__ import annotations

from typing import Protocol

from zc.async_.errors import AsyncError
from zc.async_.interfaces import IMonitorPlugin


__all__ = ["Connection", "IMonitorPlugin", "IZ3MonitorPlugin", "Marker", "ToolError"]


class IZ3MonitorPlugin(IMonitorPlugin):
    """A command about the process and its databases, rather than about jobs."""


class ToolError(AsyncError):
    """The question cannot be answered; the peer sees the message alone."""


class Marker:
    """What a command returns to say how its connection goes on."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class Connection(Protocol):
    """The peer, as commands see it.  Usable from any thread."""

    def write(self, data: str) -> None:
        """Send text, in the order of the calls; lost when the peer is gone."""

    def close(self) -> None:
        """Close once everything written has been sent."""
