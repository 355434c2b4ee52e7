"""List jobs: active ones first, then waiting ones by start, scheduled ones, and ended ones, newest first."""

from __future__ import annotations

import argparse

from plone.app.async_.cli import filtering
from plone.app.async_.cli import session
from plone.app.async_.cli.errors import FINE
from plone.app.async_.cli.jobtable import COLUMNS
from plone.app.async_.cli.jobtable import row
from plone.app.async_.cli.output import Output
from plone.app.async_.cli.output import note
from plone.app.async_.cli.output import print_json
from plone.app.async_.cli.texts import number
from plone.app.async_.forms.parameters import LARGEST_PAGE
from plone.app.async_.overview.json import summary_data
from plone.app.async_.overview.listing import Page
from plone.app.async_.overview.query import SORTS


DEFAULT_SIZE = 25


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    session.configure(parser)
    filtering.configure(parser)
    parser.add_argument("--sort", choices=sorted(SORTS), help="another order")
    parser.add_argument("--descending", action="store_true", help="turn that order round")
    parser.add_argument("--start", type=_natural, default=0, metavar="N", help="leave out the first N matches")
    parser.add_argument(
        "--limit",
        type=_size,
        default=DEFAULT_SIZE,
        metavar="N",
        help=f"print at most N, up to {LARGEST_PAGE} (%(default)s)",
    )
    parser.add_argument(
        "--offset", type=_natural, default=0, metavar="N", help="leave out N jobs unseen: where an earlier search ended"
    )
    parser.add_argument("--json", action="store_true", help="print them as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print one page of the jobs that match; 0, also if there are none."""
    with session.looking(arguments) as board:
        query = filtering.query_of(arguments, board)
        page = board.jobs(query, arguments.start, arguments.limit, arguments.offset)
        if arguments.json:
            print_json(
                {
                    "items": [summary_data(job) for job in page.jobs],
                    "total": page.total,
                    "is_exact": page.is_exact,
                    "more": page.more,
                }
            )
        else:
            output = Output()
            output.table(COLUMNS, [row(job, board.now, output.width) for job in page.jobs])
            note(_tell(page))
    return FINE


def _tell(page: Page) -> str:
    found = f"{'' if page.is_exact else 'at least '}{number(page.total, 'job')}"
    text = f"{len(page.jobs)} of {found}"
    further = page.start + len(page.jobs)
    if further < page.total:
        return f"{text}; for more: --start {further}"
    return text if page.more is None else f"{text}; to look further: --offset {page.more}"


def _natural(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value


def _size(text: str) -> int:
    value = int(text)
    if not 1 <= value <= LARGEST_PAGE:
        raise argparse.ArgumentTypeError(f"{value} is not between 1 and {LARGEST_PAGE}")
    return value
