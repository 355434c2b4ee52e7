"""How commands end: exit codes, and the error that tells why in one line."""

from __future__ import annotations


FINE = 0
REFUSED = 1
"""Problems were found, or what was asked for cannot be done."""

USAGE = 2
UNREACHABLE = 3
"""The database cannot be reached or opened."""

INTERRUPTED = 130


class CommandFailed(Exception):
    """A command cannot do what was asked; the message is one line for people."""

    exit_code = REFUSED


class WrongUsage(CommandFailed):
    """Options or a configuration that make no sense."""

    exit_code = USAGE


class Unreachable(CommandFailed):
    """The database cannot be reached or opened."""

    exit_code = UNREACHABLE
