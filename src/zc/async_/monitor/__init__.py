"""A small server for operators: one line of text in, an answer out.

``start`` opens it; its commands are utilities of ``IMonitorPlugin`` by name.
The ``help``, ``interactive`` and ``quit`` here are the server's own commands;
the tools of the command ``async`` are in ``funcs``, and the commands about the
process and its databases in the module ``process``.
"""

from typing import TYPE_CHECKING

from zc.async_.monitor import listener
from zc.async_.monitor.basics import help
from zc.async_.monitor.basics import interactive
from zc.async_.monitor.basics import quit
from zc.async_.monitor.basics import register
from zc.async_.monitor.basics import register_basics
from zc.async_.monitor.dispatcher import async_
from zc.async_.monitor.dispatcher import funcs
from zc.async_.monitor.encoder import Encoder
from zc.async_.monitor.encoder import encoder
from zc.async_.monitor.interfaces import IMonitorPlugin
from zc.async_.monitor.interfaces import IZ3MonitorPlugin
from zc.async_.monitor.listener import start
from zc.async_.monitor.server import INTERACTIVE_MARKER
from zc.async_.monitor.server import MORE_MARKER
from zc.async_.monitor.server import QUIT_MARKER
from zc.async_.monitor.server import Server
from zc.async_.monitor.tools import monitor


if TYPE_CHECKING:
    from zc.async_.monitor.listener import last_listener

__all__ = [
    "INTERACTIVE_MARKER",
    "MORE_MARKER",
    "QUIT_MARKER",
    "Encoder",
    "IMonitorPlugin",
    "IZ3MonitorPlugin",
    "Server",
    "async_",
    "encoder",
    "funcs",
    "help",
    "interactive",
    "last_listener",
    "monitor",
    "quit",
    "register",
    "register_basics",
    "start",
]


def __getattr__(name: str) -> object:
    if name == "last_listener":  # changes with every start
        return listener.last_listener
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
