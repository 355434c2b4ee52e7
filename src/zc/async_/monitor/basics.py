"""The commands every monitor has, and how others join them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from zope.component import getUtilitiesFor
from zope.component import provideUtility
from zope.component import queryUtility

from zc.async_.monitor.interfaces import Connection
from zc.async_.monitor.interfaces import IMonitorPlugin
from zc.async_.monitor.interfaces import Marker
from zc.async_.monitor.server import INTERACTIVE_MARKER
from zc.async_.monitor.server import QUIT_MARKER


__all__ = ["help", "interactive", "quit", "register", "register_basics"]


def interactive(connection: Connection) -> Marker:
    """Keep the connection open for more commands.

    Without it a connection closes after its first command.
    """
    connection.write('Interactive mode on.  Use "quit" To exit.\n')
    return INTERACTIVE_MARKER


def quit(connection: Connection) -> Marker:
    """Close the connection.

    Useful in interactive mode only.
    """
    connection.write("Goodbye.\n")
    return QUIT_MARKER


def help(connection: Connection, command_name: str | None = None) -> None:
    """List the commands, or tell about one.

    "help" lists all of them; "help NAME" shows the documentation of one.
    """
    if command_name is None:
        lines = (f"{name} -- {summary(command)}" for name, command in sorted(getUtilitiesFor(IMonitorPlugin)))
        connection.write("Supported commands:\n  " + "\n  ".join(lines) + "\n")
        return
    command = queryUtility(IMonitorPlugin, name=command_name)
    if command is None:
        connection.write(f'No command {command_name!r}.\nTry "help".\n')
        return
    connection.write(f"Help for {command_name}:\n\n{documentation(command)}\n")


def documentation(command: object) -> str | None:
    """The docstring of a command or tool, without its indentation."""
    text = command.__doc__
    return None if text is None else inspect.cleandoc(text)


def summary(command: object) -> str:
    """The first line of the docstring, or ``?``."""
    lines = (documentation(command) or "").splitlines()
    return lines[0] if lines else "?"


def register(command: Callable[..., Any], name: str | None = None) -> None:
    """Make ``command`` known to every monitor of this process."""
    provideUtility(command, IMonitorPlugin, name or command.__name__)


def register_basics() -> None:
    """Register ``help``, ``interactive`` and ``quit``.  Harmless if repeated."""
    for command in (help, interactive, quit):
        register(command)
