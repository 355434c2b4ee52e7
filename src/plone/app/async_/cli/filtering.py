"""The options that say which jobs, with the names and the meaning that filters have in addresses of pages."""

from __future__ import annotations

import argparse
import re
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING

from plone.app.async_.cli.errors import WrongUsage
from plone.app.async_.cli.texts import in_english
from plone.app.async_.forms.filters import read_filter
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.overview.query import NO_SITE
from plone.app.async_.overview.states import LISTED


if TYPE_CHECKING:
    from plone.app.async_.overview import Board
    from plone.app.async_.overview import Query
    from plone.app.async_.overview.states import State

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

AGE = re.compile("([0-9]{1,4})([smhdw])").fullmatch

GIVEN = ("queue", "user", "callable", "text", "since", "until")


def configure(parser: argparse.ArgumentParser, states: frozenset[State] = LISTED) -> None:
    """Add the options of a filter that finds jobs in these states."""
    group = parser.add_argument_group("which jobs")
    words = sorted(map(str, states))
    group.add_argument(
        "--state", action="append", choices=words, metavar="STATE", help=f"{', '.join(words)}; may be given repeatedly"
    )
    group.add_argument("--queue", metavar="NAME", help="the queue; the one without a name is called default")
    group.add_argument("--user", metavar="ID", help="the id of the user as whom they run")
    group.add_argument("--callable", metavar="PART", help="a part of the function's name")
    group.add_argument("--text", metavar="PART", help="a part of title, user id, job id, site path or failure")
    moment = "an age such as 90s, 15m, 2h, 3d or 1w, or a time such as 2026-01-31T15:00"
    group.add_argument("--since", metavar="WHEN", help=f"ended, else started, else queued since then: {moment}")
    group.add_argument("--until", metavar="WHEN", help="the same, until then: 3d for what is older than three days")


def _refuse_empty(arguments: argparse.Namespace) -> None:
    """An empty option, such as an unset variable of a script, would let all jobs pass."""
    for name in (*GIVEN, "site"):
        if getattr(arguments, name) == "":
            raise WrongUsage(f"--{name} is empty; leave it out to leave it open")


def is_given(arguments: argparse.Namespace, without_site: bool = False) -> bool:
    """Whether the options leave any jobs out; with ids, a site is no filter, but a limit."""
    site = None if without_site else arguments.site
    return bool(arguments.state or site) or any(getattr(arguments, name) for name in GIVEN)


def query_of(arguments: argparse.Namespace, board: Board) -> Query:
    """What the options mean. ``WrongUsage`` for a time that is none."""
    _refuse_empty(arguments)
    form = {name: getattr(arguments, name) for name in GIVEN if getattr(arguments, name)}
    for name in "since", "until":
        if name in form:
            form[name] = _moment(form[name], board)
    form["state"] = arguments.state or []
    if arguments.site == NO_SITE:
        form["site"] = NO_SITE
    form["sort_on"] = getattr(arguments, "sort", None) or ""
    form["sort_order"] = "descending" if getattr(arguments, "descending", False) else ""
    try:
        return read_filter(form, board).query
    except WrongParameter as error:
        raise WrongUsage(in_english(error.args[0])) from error


def _moment(text: str, board: Board) -> str:
    """A time in full, if it is one; without a zone it is by the clock of this host."""
    age = AGE(text)
    if age is not None:
        return (board.now - timedelta(**{UNITS[age[2]]: int(age[1])})).isoformat()
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError:
        return text
