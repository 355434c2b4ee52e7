"""Show how many jobs may be at work under each quota, or change that.

plone-async quota                 show all
plone-async quota default 4       let four jobs of the quota "default" run at a time
"""

from __future__ import annotations

import argparse

from plone.app.async_.cli import session
from plone.app.async_.cli import target
from plone.app.async_.cli.errors import FINE
from plone.app.async_.cli.errors import WrongUsage
from plone.app.async_.cli.output import Column
from plone.app.async_.cli.output import Output
from plone.app.async_.cli.output import print_json
from plone.app.async_.cli.steer_queue import steer
from plone.app.async_.cli.texts import NOTHING
from plone.app.async_.forms.filters import UNNAMED
from plone.app.async_.forms.filters import queue_word


COLUMNS = (
    Column("QUEUE"),
    Column("QUOTA"),
    Column("SIZE", is_number=True),
    Column("USED", is_number=True),
    Column("HELD BY", is_long=True),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    target.configure(parser)
    session.configure_author(parser)
    parser.add_argument("quota", metavar="QUOTA", nargs="?", help="the quota to change")
    parser.add_argument("size", metavar="SIZE", nargs="?", help="how many jobs may run at a time")
    parser.add_argument("--queue", metavar="NAME", default=UNNAMED, help="the queue of that quota (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print all as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the quotas, or change one; 0."""
    if arguments.quota is None:
        return _show(arguments)
    if arguments.size is None:
        raise WrongUsage("say how many jobs may run at a time: plone-async quota QUOTA SIZE")
    return steer(arguments, "quota", quota=arguments.quota, size=arguments.size)


def _show(arguments: argparse.Namespace) -> int:
    with session.looking(arguments) as board:
        queues = board.queues()
        if arguments.json:
            print_json([{"queue": queue.name, "quotas": queue.quotas} for queue in queues])
            return FINE
        Output().table(
            COLUMNS,
            [
                (queue_word(queue.name), each.name, str(each.size), str(each.used), ", ".join(each.holders) or NOTHING)
                for queue in queues
                for each in queue.quotas
            ],
        )
    return FINE
