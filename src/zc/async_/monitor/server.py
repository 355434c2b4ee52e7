"""The line protocol of the monitor, without any transport.

One line is one command; its first word is the command's name and the others
are arguments, without quoting.  There is no prompt and no greeting.  A
connection closes after its first command unless a command asks for more.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

from zope.component import queryUtility

from zc.async_.monitor.interfaces import Connection
from zc.async_.monitor.interfaces import IMonitorPlugin
from zc.async_.monitor.interfaces import Marker
from zc.async_.monitor.interfaces import ToolError


__all__ = ["INTERACTIVE_MARKER", "MORE_MARKER", "QUIT_MARKER", "Server"]

INTERACTIVE_MARKER = Marker("INTERACTIVE_MARKER")  # stay open until "quit"
MORE_MARKER = Marker("MORE_MARKER")  # the next lines are for the same command
QUIT_MARKER = Marker("QUIT_MARKER")  # close after the answer

MODES = (INTERACTIVE_MARKER, MORE_MARKER, QUIT_MARKER)
TRACEBACK_LEVELS = 100

logger = logging.getLogger(__name__)


class Server:
    """Answers the lines of one connection.

    The transport hands over one line at a time, from any thread, and none
    before the call for the line before it has returned.  The connection keeps
    its server, not the other way round: in such a cycle, what was received and
    not read would stay in memory until the garbage collector comes.
    """

    def __init__(self, connection: Connection) -> None:
        self.mode = QUIT_MARKER
        self.last_command: tuple[str, tuple[str, ...]] | None = None
        self.closed = False

    def handle_input(self, connection: Connection, line: str) -> None:
        """Run the command of ``line``; never raises what the command does."""
        if self.closed:
            return
        words = tuple(line.split())
        if self.mode is MORE_MARKER and self.last_command is not None:
            self.run(connection, self.last_command[0], words)
            return
        if words:
            self.last_command = words[0], words[1:]
        if self.last_command is not None:
            self.run(connection, *self.last_command)

    def ignores(self, line: str) -> bool:
        """Whether there is nothing to do: an empty line repeats the last command, if there was one."""
        return self.last_command is None and not line.split()

    def handle_close(self, connection: Connection, reason: str) -> None:
        """The peer is gone, which is its good right: answer nothing more."""
        self.closed = True

    def run(self, connection: Connection, name: str, arguments: tuple[str, ...]) -> None:
        command = queryUtility(IMonitorPlugin, name=name)
        if command is None:
            connection.write(f'Invalid command {name!r}\nTry "help".\n')
        else:
            self.call(connection, name, command, arguments)
        if self.mode is QUIT_MARKER:
            self.closed = True
            connection.close()

    def call(self, connection: Connection, name: str, command: Callable[..., Any], arguments: tuple[str, ...]) -> None:
        try:
            outcome = command(connection, *arguments)
        except ToolError as error:
            connection.write(f"{error}\n")
        except Exception as error:
            # The operator's command is a thread's top; it may be anyone's
            # code, and its author reads the traceback at the other end.
            logger.info("Monitor command %r failed", name, exc_info=True)
            text = traceback.format_exc(TRACEBACK_LEVELS)
            last = traceback.format_exception_only(error)[-1]
            connection.write(f"{text}{last}\n")
        else:
            if any(outcome is mode for mode in MODES):
                self.mode = outcome
