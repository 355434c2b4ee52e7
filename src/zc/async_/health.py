"""Whether this process does its work: in plain words, from memory alone. From any thread; never waits, never loads.

Alive means that nothing but another start could help; ready means that jobs are run now. A database server that is away
is no reason to end a process that goes on by itself once the server is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from ZEO.Exceptions import ClientDisconnected

from zc.async_.reporting import RUNNING
from zc.async_.reporting import STOPPED
from zc.async_.reporting import STUCK


if TYPE_CHECKING:
    from zc.async_.dispatcher import Dispatcher

AWAY = "the server of database %r is away"


class Health(NamedTuple):
    """Whether all is well, and what is the matter."""

    ok: bool
    words: str


def liveness(dispatcher: Dispatcher) -> Health:
    """False if it hangs, or its passes fail, for another reason than the absence of the database server."""
    status = dispatcher.getStatusInfo()
    if _is_ending(dispatcher, status):
        return Health(True, _ending(status))
    if status["status"] != STUCK:
        return Health(True, f"dispatcher {status['uuid']} is {status['status']}")
    if is_cut_off(dispatcher):
        return Health(True, f"{AWAY % dispatcher.db.database_name}; dispatcher {status['uuid']} waits for it")
    return Health(False, _stuck(dispatcher, status))


def readiness(dispatcher: Dispatcher) -> Health:
    """False unless it has looked for jobs lately, and can."""
    status = dispatcher.getStatusInfo()
    if status["status"] == STOPPED:
        return Health(False, f"dispatcher {status['uuid']} has ended")
    if _is_ending(dispatcher, status):
        return Health(False, _ending(status))
    if is_cut_off(dispatcher):
        return Health(False, AWAY % dispatcher.db.database_name)
    if status["status"] == RUNNING:
        return Health(True, f"dispatcher {status['uuid']} looked for jobs {_seconds(status)} s ago")
    if status["status"] == STUCK:
        return Health(False, _stuck(dispatcher, status))
    return Health(False, f"dispatcher {status['uuid']} has not looked for jobs yet")


def connection(database: Any) -> Health | None:
    """Whether a database is connected to its server; None if its storage cannot tell, as those of files."""
    is_connected = getattr(database.storage, "is_connected", None)
    if is_connected is None:
        return None
    if is_connected():
        return Health(True, f"database {database.database_name!r} is connected")
    return Health(False, AWAY % database.database_name)


def is_cut_off(dispatcher: Dispatcher) -> bool:
    """Whether the server of its database is away, as far as the storage or the latest pass tells."""
    connected, trouble = connection(dispatcher.db), dispatcher.journal.trouble
    return (connected is not None and not connected.ok) or (
        trouble is not None and trouble.check(ClientDisconnected) is not None
    )


def _is_ending(dispatcher: Dispatcher, status: dict[str, Any]) -> bool:
    """Whether it looks for no more jobs because those that run are to come to their end."""
    return status["status"] != STOPPED and dispatcher.stopping.is_set()


def _ending(status: dict[str, Any]) -> str:
    return f"dispatcher {status['uuid']} is ending"


def _stuck(dispatcher: Dispatcher, status: dict[str, Any]) -> str:
    trouble = dispatcher.journal.trouble
    why = "it hangs" if trouble is None else f"the latest pass failed with {getattr(trouble.type, '__name__', '?')}"
    return f"dispatcher {status['uuid']} has not looked for jobs for {_seconds(status)} s: {why}"


def _seconds(status: dict[str, Any]) -> int:
    return int(status["time since last poll"].total_seconds())
