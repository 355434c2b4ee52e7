"""The command ``async``: what the dispatcher of this process is doing.

Its tools read the memory of the process alone, never the database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from datetime import timezone
from typing import Any
from uuid import UUID as UUIDType

from zc.async_ import dispatcher
from zc.async_ import instanceuuid
from zc.async_.monitor import tools
from zc.async_.monitor.encoder import moment
from zc.async_.monitor.interfaces import Connection


__all__ = ["async_", "funcs"]

INTRO = """\
Tell about the dispatcher of this process.
Usage: async TOOL [WORD...] [NAME:VALUE...], with one of these tools
("async help TOOL" tells more about one)"""


def status(uuid: str | None = None) -> dict[str, Any]:
    """Show whether the dispatcher runs, and since when.

    Usage: status [uuid:UUID]

    The answer has "status" (STARTING, RUNNING, STUCK or STOPPED), "poll
    interval", "time since last poll", "uptime" and "uuid".
    """
    return find(uuid).getStatusInfo()


def UUID() -> str:
    """Show the UUID of this instance.

    Usage: UUID
    """
    return str(instanceuuid.current())


def utcnow() -> str:
    """Show the current time in UTC.

    Usage: utcnow
    """
    return moment(datetime.now(timezone.utc))


def help(cmd: str | None = None) -> str:
    """List the tools, or tell about one.

    Usage: help [TOOL]
    """
    return tools.help_text(funcs, INTRO, cmd)


def find(uuid: str | None) -> Any:
    """The dispatcher asked for, by default that of this instance."""
    try:
        wanted = instanceuuid.current() if uuid is None else UUIDType(uuid)
    except ValueError:
        raise tools.ToolError(f"[Not a UUID: {uuid}]") from None
    found = dispatcher.get(wanted)
    if found is None:
        raise tools.ToolError(f"[No dispatcher {wanted} runs in this process]")
    return found


funcs: dict[str, Callable[..., Any]] = {
    "UUID": UUID,
    "help": help,
    "status": status,
    "utcnow": utcnow,
}


def async_(connection: Connection, cmd: str | None = None, *raw: str) -> None:
    """Tell about the dispatcher of this process.

    "async" lists the tools; "async help TOOL" tells about one.
    """
    tools.monitor(funcs, INTRO, connection, cmd, raw)
