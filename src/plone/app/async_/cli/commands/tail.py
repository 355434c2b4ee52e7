"""Follow jobs as they are queued, start and end, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import closing

from plone.app.async_.cli import filtering
from plone.app.async_.cli import session
from plone.app.async_.cli.errors import INTERRUPTED
from plone.app.async_.cli.jobtable import remark
from plone.app.async_.cli.jobtable import short_name
from plone.app.async_.cli.opening import opened
from plone.app.async_.cli.output import COLOURS
from plone.app.async_.cli.output import Output
from plone.app.async_.cli.target import target_of
from plone.app.async_.cli.texts import NOTHING
from plone.app.async_.cli.texts import span
from plone.app.async_.overview.following import Changes
from plone.app.async_.overview.following import Follower
from plone.app.async_.overview.following import Happening
from plone.app.async_.overview.json import summary_data
from plone.app.async_.overview.json import to_json
from plone.app.async_.overview.states import LISTED
from zc.async_ import timeline


INTERVAL = 0.5
"""Seconds between two looks, which cost a question to the server each, and nothing if nothing was changed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    session.configure(parser)
    filtering.configure(parser, LISTED)
    parser.add_argument("--json", action="store_true", help="print each as a JSON object on a line of its own")


def run(arguments: argparse.Namespace) -> int:
    """Print what happens, a line each; 130 when it is interrupted."""
    output = Output()
    for happening in _follow(arguments):
        if arguments.json:
            print(json.dumps(to_json({**vars(happening), "job": summary_data(happening.job)})), flush=True)
        else:
            output.pieces(_line(happening))
    return INTERRUPTED


def _follow(arguments: argparse.Namespace) -> Iterator[Happening]:
    with opened(target_of(arguments)) as connection, closing(Changes(connection.db())) as changes:
        begin = connection.transaction_manager.begin
        begin()
        board = session.board_of(connection, arguments)
        follower = Follower(board, filtering.query_of(arguments, board))
        while True:
            changed = changes.take()
            if changed:
                begin()
                yield from follower.look(session.board_of(connection, arguments), changed)
            time.sleep(INTERVAL)


def _line(happening: Happening) -> list[tuple[str, str]]:
    job = happening.job
    ended = happening.what == timeline.ENDED
    what = str(job.state) if ended else happening.what
    parts = [
        (f"{happening.time.astimezone():%H:%M:%S}  ", "dim"),
        (f"{what:10}", COLOURS[job.state] if ended else ""),
        (f"{job.id:>8}  {short_name(job.callable)}", ""),
        (f"  {job.user_id or NOTHING}  {job.site or NOTHING}", "dim"),
    ]
    if ended:
        parts.append((f"  ran {span(job.ran)}", ""))
    told = remark(job) if ended else happening.details
    return [*parts, (f"  {told}", "")] if told and told != NOTHING else parts
