"""The commands about the process and its databases: ``monitor``, ``dbinfo``, ``zeocache`` and ``zeostatus``.

A database is named as its ``IDatabase`` utility; the one without a name, which can be written ``-``, is the main one.
Nothing is read from the databases themselves, so these commands answer even when their servers are away.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from ZEO.ClientStorage import ClientStorage
from ZODB.interfaces import IDatabase
from zope.component import getUtilitiesFor
from zope.component import queryUtility

from zc.async_.monitor.interfaces import Connection
from zc.async_.monitor.interfaces import ToolError


__all__ = ["dbinfo", "monitor", "zeocache", "zeostatus"]

MAIN = "-"
INFO_LIMIT = 200  # characters
MEMORY = "VmSize:", "VmRSS:"


def monitor(connection: Connection, long: str = "100", database: str = "") -> None:
    """Show the connections to a database, and the memory of this process.

    Usage: monitor [SECONDS [DATABASE]]

    The first line is the number of open connections, the next two tell how much memory the process has, where the
    system says so. Then come the connections that have been open for SECONDS (100) or longer: for how many seconds,
    the path of the request if it is one that Zope serves, and, in brackets, the number of objects in the cache.
    """
    least = number(long)
    connections = open_connections(find(database))
    shown = sorted(each for each in connections if each[0] >= least)
    lines = [str(len(connections)), *memory_lines(), *(f"{age:.2f} {info}" for age, info in shown)]
    write(connection, *lines)


def dbinfo(connection: Connection, database: str = "", deltat: str = "300") -> None:
    """Show how much a database is used, in five numbers.

    Usage: dbinfo [DATABASE [SECONDS]]

    Objects loaded, objects stored and connections used in the last SECONDS (300, at most 3600), or three times -1 if
    that is not counted; objects in the caches of all connections, and how many of them hold their data. What requests
    and jobs do is counted when they have ended, and each of them as one connection. DATABASE can be "-", which is the
    main one.
    """
    db = find(database)
    caches = db.cacheDetailSize()
    objects = (sum(cache[kind] for cache in caches) for kind in ("size", "ngsize"))
    write(connection, " ".join(map(str, (*activity(db, number(deltat)), *objects))))


def zeocache(connection: Connection, database: str = "") -> None:
    """Show what the cache of a ZEO client has done, in five numbers.

    Usage: zeocache [DATABASE]

    Records added, bytes added, records evicted, bytes evicted, and how often a record was looked up.
    """
    cache = getattr(zeo_client(database), "_cache", None)  # ZEO has no other way to ask
    if cache is None:
        raise ToolError(f"[The ZEO cache of {described(database)} is closed]")
    write(connection, " ".join(map(str, cache.getStats())))


def zeostatus(connection: Connection, database: str = "") -> None:
    """Show whether a database is connected to its ZEO server, as True or False.

    Usage: zeostatus [DATABASE]
    """
    write(connection, str(bool(zeo_client(database).is_connected())))


def write(connection: Connection, *lines: str) -> None:
    connection.write("\n".join(lines) + "\n")


def number(text: str) -> float:
    """That many seconds; ``ToolError``."""
    try:
        return float(text)
    except ValueError:
        raise ToolError(f"[Not a number of seconds: {text}]") from None


def find(name: str) -> Any:
    """The database of that name; ``ToolError``, telling which there are."""
    db = queryUtility(IDatabase, name="" if name == MAIN else name)
    if db is None:
        known = ", ".join(sorted(known or MAIN for known, _ in getUtilitiesFor(IDatabase))) or "none"
        raise ToolError(f"[No database {name or MAIN!r}; there are: {known}]")
    return db


def described(name: str) -> str:
    return "the main database" if name in ("", MAIN) else f"database {name!r}"


def open_connections(db: Any) -> list[tuple[float, str]]:
    """For how many seconds each has been open, and what for."""
    now = time.time()
    found: list[tuple[float, str]] = []

    def look(each: Any) -> None:
        opened = each.opened  # another thread may close it at this moment
        if opened is not None:
            info = " ".join((*info_of(each.getDebugInfo()), f"({len(each._cache)})"))
            found.append((now - opened, info))

    # ``connectionDebugInfo`` is public, but would show requests whole: with passwords and cookies.
    db._connectionMap(look)
    return found


def info_of(items: tuple[Any, ...]) -> Iterator[str]:
    """What may be shown of a connection's debug information: of Zope's requests their paths."""
    for item in items:
        if isinstance(item, Mapping):
            item = item.get("PATH_INFO")
        if item is not None:
            yield "".join(char if char.isprintable() else "?" for char in str(item))[:INFO_LIMIT]


def memory_lines() -> list[str]:
    """The memory of this process, where there is a ``/proc``."""
    try:
        with open(f"/proc/{os.getpid()}/status", encoding="ascii", errors="replace") as status:
            return [line.strip() for line in status if line.startswith(MEMORY)]
    except OSError:
        return []


def activity(db: Any, seconds: float) -> tuple[int, int, int]:
    """Loads, stores and connections of these last seconds."""
    counted = db.getActivityMonitor()
    if counted is None:
        return -1, -1, -1
    since = time.time() - min(seconds, counted.getHistoryLength())
    (sums,) = counted.getActivityAnalysis(start=since, divisions=1)
    return sums["loads"], sums["stores"], sums["connections"]


def zeo_client(name: str) -> Any:
    """The ZEO client that a database stands on, maybe below other storages; ``ToolError`` if there is none."""
    storage = outermost = find(name).storage
    while storage is not None and not isinstance(storage, ClientStorage):
        storage = getattr(storage, "base", None)
    if storage is None:
        raise ToolError(f"[{described(name).capitalize()} is on a {type(outermost).__name__}, not on a ZEO server]")
    return storage
