"""A command at work on the queues: looks at them through a board, and changes them in signed transactions."""

from __future__ import annotations

import argparse
import getpass
import os
import socket
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import TypeVar

from AccessControl.SecurityManagement import newSecurityManager
from AccessControl.SecurityManagement import noSecurityManager
from AccessControl.users import SimpleUser

from plone.app.async_ import steering
from plone.app.async_.cli import target
from plone.app.async_.cli.errors import CommandFailed
from plone.app.async_.cli.errors import WrongUsage
from plone.app.async_.cli.opening import opened
from plone.app.async_.cli.target import target_of
from plone.app.async_.cli.texts import in_english
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Board
from plone.app.async_.overview import Scope
from plone.app.async_.overview.query import NO_SITE
from zc.async_.interfaces import KEY
from zc.async_.interfaces import QueuesOfVersion1


if TYPE_CHECKING:
    from ZODB.Connection import Connection

Answer = TypeVar("Answer")

MOST_ATTEMPTS = 5
"""How often a change is tried when somebody else changes the same at that moment."""

NO_QUEUES = (
    "there are no queues yet: nobody has queued a job, and no worker has started; "
    "or they are in another database or storage"
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that look at queues."""
    target.configure(parser)
    parser.add_argument("--site", metavar="PATH", help="only jobs of the site at that path, such as /Plone")


def configure_changes(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that change jobs."""
    configure(parser)
    configure_author(parser)


def configure_author(parser: argparse.ArgumentParser) -> None:
    """Add the option that says who does it."""
    parser.add_argument("--as", dest="who", metavar="NAME", help="who is recorded as having done it; else USER@HOST")


@contextmanager
def looking(arguments: argparse.Namespace) -> Iterator[Board]:
    """What there is to see. Nothing is written: the storage is opened for reading where it can be."""
    with opened(target_of(arguments)) as connection:
        yield board_of(connection, arguments)


class Desk:
    """Where changes are made, each in a transaction of its own."""

    def __init__(self, connection: Connection, arguments: argparse.Namespace) -> None:
        self._connection = connection
        self._arguments = arguments

    def look(self) -> Board:
        """What there is to see now."""
        self._connection.transaction_manager.begin()
        return board_of(self._connection, self._arguments)

    def change(self, act: Callable[[Board], Answer]) -> Answer:
        """Do something to jobs or queues, and commit; again if somebody else changed the same at that moment."""
        manager = self._connection.transaction_manager
        for attempt in manager.attempts(MOST_ATTEMPTS):
            with attempt as transaction, explained():
                transaction.setUser(who(self._arguments), "")
                transaction.note(f"plone-async {self._arguments.command}")
                answer = act(board_of(self._connection, self._arguments))
        return answer


@contextmanager
def steering_desk(arguments: argparse.Namespace) -> Iterator[Desk]:
    """A desk at which the person who runs the command, or is named by ``--as``, does something."""
    with opened(target_of(arguments), read_only=False) as connection:
        newSecurityManager(None, SimpleUser(who(arguments), "", (), ()))
        try:
            yield Desk(connection, arguments)
        finally:
            noSecurityManager()


@contextmanager
def explained() -> Iterator[None]:
    """Let what the write side and the filters refuse be one line."""
    try:
        yield
    except (steering.NoSuchJob, steering.NoSuchQueue, steering.NotPossible, WrongParameter) as error:
        raise CommandFailed(in_english(error.args[0])) from error


def board_of(connection: Connection, arguments: argparse.Namespace) -> Board:
    """The board within the scope that the options name; ``CommandFailed`` where there are no queues to work with."""
    try:
        if KEY not in connection.root():
            raise CommandFailed(NO_QUEUES)
        return Board.of_queues(connection, scope_of(arguments))
    except QueuesOfVersion1 as error:
        raise CommandFailed(f"{' '.join(str(error).split())} (plone-async check tells more)") from error


def scope_of(arguments: argparse.Namespace) -> Scope:
    """All jobs, or those of one site. Jobs of no site are none of a scope: the filter finds them."""
    site = getattr(arguments, "site", None)
    if site is None or site == NO_SITE:
        return EVERYTHING
    return Scope(site=("", *site.strip("/").split("/")))


def require_whole_scope(arguments: argparse.Namespace) -> None:
    """Raise ``WrongUsage`` for jobs of no site, where they are named by ids and no filter looks at them."""
    if arguments.site == NO_SITE:
        raise WrongUsage(f"--site {NO_SITE} is for lists of jobs; here it would leave none out")


def who(arguments: argparse.Namespace) -> str:
    """Under which name a change is recorded."""
    given: str | None = arguments.who
    if given:
        return given
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
