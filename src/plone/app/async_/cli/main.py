"""``plone-async``: finds the command, runs it, and turns errors into a line and an exit code."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from plone.app.async_.cli.errors import FINE
from plone.app.async_.cli.errors import INTERRUPTED
from plone.app.async_.cli.errors import CommandFailed
from plone.app.async_.cli.output import note


PROGRAM = "plone-async"
KeepLines = argparse.RawDescriptionHelpFormatter

COMMANDS = (
    "status",
    "check",
    "jobs",
    "show",
    "tail",
    "workers",
    "quota",
    "retry",
    "cancel",
    "purge",
    "pause",
    "resume",
    "worker",
)
"""In the order of the help; each is a module of ``plone.app.async_.cli.commands``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; ``SystemExit`` with 2 for what is no command or option."""
    words = sys.argv[1:] if argv is None else argv
    parser = make_parser()
    if words and words[0].startswith("-") and words[0] not in ("-h", "--help"):
        parser.error(f"options come after the command: {PROGRAM} COMMAND {words[0]} ...")
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        hint = "; a zope.conf is named by -C" if any(word.endswith(".conf") for word in unknown) else ""
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    logging.getLogger().addHandler(logging.NullHandler())  # what went wrong is told in one line, below
    try:
        return int(arguments.run(arguments))
    except CommandFailed as error:
        note(f"{PROGRAM}: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as head, has seen enough; the interpreter must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    usage = f"{PROGRAM} COMMAND [OPTIONS]\n       {PROGRAM} --help"
    summary = "Look at job queues in a ZODB, and steer them."
    parser = argparse.ArgumentParser(prog=PROGRAM, usage=usage, description=summary)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, prog=PROGRAM)
    for name in COMMANDS:
        module = import_module(f"plone.app.async_.cli.commands.{name}")
        summary = (module.__doc__ or "").partition("\n")[0]
        command = commands.add_parser(name, help=summary, description=module.__doc__, formatter_class=KeepLines)
        module.configure(command)
        command.set_defaults(command=name, run=module.run)
    return parser
