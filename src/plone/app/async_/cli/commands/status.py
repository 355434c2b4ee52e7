"""Show queues, quotas and workers in figures."""

from __future__ import annotations

import argparse

from plone.app.async_.cli import session
from plone.app.async_.cli.errors import FINE
from plone.app.async_.cli.output import Column
from plone.app.async_.cli.output import Output
from plone.app.async_.cli.output import print_json
from plone.app.async_.cli.texts import span
from plone.app.async_.forms.filters import queue_word
from plone.app.async_.overview.figures import Figures
from plone.app.async_.overview.figures import QueueFigures


QUEUES = (
    Column("QUEUE"),
    Column("STATE", 60),
    Column("WAITING", is_number=True),
    Column("SCHEDULED", 90, is_number=True),
    Column("ACTIVE", is_number=True),
    Column("THREADS", 70, is_number=True),
    Column("OLDEST", is_number=True),
    Column("SUCCEEDED/h", 110, is_number=True),
    Column("FAILED/h", is_number=True),
    Column("CANCELLED/h", 120, is_number=True),
    Column("WAITED", 130, is_number=True),
    Column("RAN", 130, is_number=True),
    Column("KEPT", 80, is_number=True),
)
QUOTAS = (Column("QUEUE"), Column("QUOTA"), Column("SIZE", is_number=True), Column("USED", is_number=True))


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    session.configure(parser)
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the figures of all sites' jobs; 0."""
    with session.looking(arguments) as board:
        figures = board.figures()
        if arguments.json:
            print_json(figures)
        else:
            _print(figures)
    return FINE


def _print(figures: Figures) -> None:
    output = Output()
    output.table(QUEUES, [_row(queue) for queue in figures.queues])
    output.line()
    output.table(
        QUOTAS,
        [
            (queue_word(queue.name), quota.name, f"{quota.size:,}", f"{quota.used:,}")
            for queue in figures.queues
            for quota in queue.quotas
        ],
    )
    output.line()
    output.line(
        f"Workers: {figures.workers_alive} alive, {figures.workers_dead} dead, {figures.workers_stopped} stopped",
        style="bold red" if figures.workers_dead or not figures.workers_alive else "",
    )


def _row(queue: QueueFigures) -> tuple[str, ...]:
    hour, jobs = queue.last_hour, queue.jobs
    at_least = "" if hour.is_exact else "≥"
    return (
        queue_word(queue.name),
        "paused" if queue.is_paused else "open",
        f"{jobs.waiting:,}",
        f"{jobs.scheduled:,}",
        f"{jobs.active:,}",
        f"{queue.threads.busy}/{queue.threads.busy + queue.threads.free}",
        span(queue.oldest_waiting),
        f"{at_least}{hour.succeeded:,}",
        f"{at_least}{hour.failed:,}",
        f"{at_least}{hour.cancelled:,}",
        span(hour.waited),
        span(hour.ran),
        f"{jobs.kept:,}",
    )
