"""Carries out what commands do to a queue."""

from __future__ import annotations

import argparse
from typing import Any

from plone.app.async_.cli import session
from plone.app.async_.cli import target
from plone.app.async_.cli.errors import FINE
from plone.app.async_.cli.output import note
from plone.app.async_.cli.texts import in_english
from plone.app.async_.forms.filters import UNNAMED
from plone.app.async_.forms.queue_orders import steer_queue


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that is about one queue, which all sites share."""
    target.configure(parser)
    session.configure_author(parser)
    parser.add_argument("queue", metavar="QUEUE", nargs="?", default=UNNAMED, help="its name (%(default)s)")


def steer(arguments: argparse.Namespace, action: str, **parameters: Any) -> int:
    """Do it to the queue that the options name, and tell; 0. ``CommandFailed`` if it is refused."""
    form = {"action": action, "queue": arguments.queue, **parameters}
    with session.steering_desk(arguments) as desk:
        note(in_english(desk.change(lambda board: steer_queue(form, board))))
    return FINE
