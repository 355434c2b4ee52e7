"""The command itself, with its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zc.async_.monitor.interfaces import Connection
from zc.async_.monitor.tools import monitor
from zc.async_.monitor.tools import tool_help
from zc.async_.monitordb import tools


INTRO = """\
Tell what the database says about queues, workers and jobs.
Usage: asyncdb TOOL [WORD...] [NAME:VALUE...], with one of these tools
("asyncdb help TOOL" tells more about one)"""


def help(context: Any = None, cmd: str | None = None) -> str:
    """List the tools, or tell about one.

    Usage: help [TOOL]
    """
    return tool_help(funcs, INTRO, cmd)


funcs: dict[str, Callable[..., Any]] = {
    "UUIDs": tools.UUIDs,
    "count": tools.count,
    "help": help,
    "job": tools.job,
    "jobs": tools.jobs,
    "jobstats": tools.jobstats,
    "lastcompleted": tools.lastcompleted,
    "nextpending": tools.nextpending,
    "status": tools.status,
    "traceback": tools.traceback,
}


def asyncdb(connection: Connection, cmd: str | None = None, *raw: str) -> None:
    """Tell what the database says about queues, workers and jobs.

    "asyncdb" lists the tools; "asyncdb help TOOL" tells about one.
    """
    monitor(funcs, INTRO, connection, cmd, raw, needs_db_connection=True)
