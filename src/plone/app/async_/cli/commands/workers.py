"""List the workers: whether they live, which processes they are, and how busy."""

from __future__ import annotations

import argparse
from datetime import datetime

from rich.text import Text

from plone.app.async_.cli import session
from plone.app.async_.cli.errors import FINE
from plone.app.async_.cli.output import Column
from plone.app.async_.cli.output import Output
from plone.app.async_.cli.output import print_json
from plone.app.async_.cli.texts import NOTHING
from plone.app.async_.cli.texts import span
from plone.app.async_.forms.filters import queue_word
from plone.app.async_.overview.workers import WorkerSummary


COLUMNS = (
    Column("WORKER"),
    Column("STATE"),
    Column("PING", is_number=True),
    Column("HOST", is_long=True),
    Column("PID", is_number=True),
    Column("UP", 90, is_number=True),
    Column("VERSION", 100),
    Column("QUEUES: BUSY/THREADS", is_long=True),
)

SHORT = 8
"""Characters of an identity that tell it from others where there is little room."""

WIDE = 120


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    session.configure(parser)
    parser.add_argument("--json", action="store_true", help="print them as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print all workers, those alive first; 0."""
    with session.looking(arguments) as board:
        workers = board.workers()
        if arguments.json:
            print_json(workers)
        else:
            output = Output()
            output.table(COLUMNS, [_row(worker, board.now, output.width) for worker in workers])
    return FINE


def _row(worker: WorkerSummary, now: datetime, width: int) -> tuple[str | Text, ...]:
    process = worker.process
    agents = ", ".join(f"{queue_word(agent.queue)} {agent.active}/{agent.size}" for agent in worker.agents)
    return (
        worker.uuid if width >= WIDE else worker.uuid[:SHORT],
        _state(worker),
        span(None if worker.last_ping is None else max(now - worker.last_ping, now - now)),
        NOTHING if process is None else process.host,
        NOTHING if process is None else str(process.pid),
        span(None if worker.activated is None else now - worker.activated),
        NOTHING if process is None else process.version,
        agents or NOTHING,
    )


def _state(worker: WorkerSummary) -> Text:
    if worker.is_alive:
        return Text("alive", "green")
    return Text("stopped", "dim") if worker.activated is None else Text("dead", "bold red")
