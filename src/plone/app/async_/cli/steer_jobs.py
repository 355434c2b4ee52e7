"""Carries out what commands do to jobs: to those with some ids, or to all that match a filter."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import Any

from plone.app.async_ import steering
from plone.app.async_.cli import filtering
from plone.app.async_.cli import session
from plone.app.async_.cli.errors import FINE
from plone.app.async_.cli.errors import REFUSED
from plone.app.async_.cli.errors import CommandFailed
from plone.app.async_.cli.errors import WrongUsage
from plone.app.async_.cli.output import note
from plone.app.async_.cli.session import Desk
from plone.app.async_.cli.texts import number
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.states import POSSIBLE
from plone.app.async_.steering.bulk import MOST


WORDS = {"retry": "queued again", "cancel": "cancelled, or asked to end where they run", "delete": "forgotten"}
"""What has become of jobs, by the action of the write side."""


def configure(parser: argparse.ArgumentParser, action: str) -> None:
    """Add the options of a command that does this."""
    session.configure_changes(parser)
    parser.add_argument("jobs", metavar="JOB", nargs="*", help="ids of jobs; or name a filter, or --all")
    parser.add_argument("--all", action="store_true", help="all jobs for which this is possible")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    filtering.configure(parser, POSSIBLE[action])


def steer(arguments: argparse.Namespace, action: str, *details: Any) -> int:
    """Do it; 0, or 1 if a job was not there or refused."""
    is_filtered = filtering.is_given(arguments, without_site=bool(arguments.jobs))
    if sum(map(bool, (arguments.jobs, is_filtered, arguments.all))) != 1:
        raise WrongUsage("say which jobs: either ids, or a filter such as --callable or --until, or --all")
    if arguments.jobs:
        session.require_whole_scope(arguments)
    with session.steering_desk(arguments) as desk:
        if arguments.jobs:
            return max([_steer_one(desk, action, job, details) for job in dict.fromkeys(arguments.jobs)])
        return _steer_all(desk, action, details, arguments)


def _steer_one(desk: Desk, action: str, job: str, details: tuple[Any, ...]) -> int:
    try:
        done = desk.change(lambda board: steering.act(board, action, job, *details))
    except CommandFailed as error:
        note(f"{job}: {error}")
        return REFUSED
    note(f"{job}: {_became(action, done)}")
    return FINE


def _became(action: str, done: Any) -> str:
    if action == "cancel":
        return "cancelled" if done else "runs, and has been asked to end"
    return WORDS[action]


def _steer_all(desk: Desk, action: str, details: tuple[Any, ...], arguments: argparse.Namespace) -> int:
    board = desk.look()
    query = filtering.query_of(arguments, board)
    ids = [id_of(job) for job in board.search().all(replace(query, states=query.states & POSSIBLE[action]))]
    if ids:
        _confirm(len(ids), action, arguments)
    done = 0
    for first in range(0, len(ids), MOST):
        some = ids[first : first + MOST]
        result = desk.change(lambda board, some=some: steering.act_on_these(board, action, query, some, *details))
        done += result.done
    refused = len(ids) - done
    note(f"{number(done, 'job')} {WORDS[action]}{f'; not possible: {refused:,}' if refused else ''}")
    return REFUSED if refused else FINE


def _confirm(count: int, action: str, arguments: argparse.Namespace) -> None:
    """Ask the person; ``CommandFailed`` if the answer is no, ``WrongUsage`` if nobody is there to answer."""
    if arguments.yes or action == "retry":
        return
    if not sys.stdin.isatty():
        raise WrongUsage("there is nobody to ask: say --yes")
    note(f"{number(count, 'job')} would be {WORDS[action]}.")
    if input("Do it? [y/N] ").strip().lower() not in ("y", "yes"):
        raise CommandFailed("nothing was changed")
