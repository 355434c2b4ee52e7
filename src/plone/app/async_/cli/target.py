"""Which queues a command is about: the options that all commands have, and what they mean."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ZConfig.datatypes import SocketConnectionAddress

from plone.app.async_.cli.errors import WrongUsage


CONFIG = "PLONE_ASYNC_CONFIG"
ZEO = "PLONE_ASYNC_ZEO"
STORAGE = "PLONE_ASYNC_STORAGE"
"""Environment variables that stand for the options of that name."""

MAIN_STORAGE = "1"
TIMEOUT = 10.0


@dataclass(frozen=True)
class Target:
    """Where the queues are: in a database of a zope.conf, or in a storage of the ZEO server at an address.

    ``database`` is the name in the zope.conf, or None to find out. ``timeout`` are seconds.
    """

    config: Path | None
    address: Any
    storage: str
    database: str | None
    timeout: float


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the queues."""
    group = parser.add_argument_group("where the queues are")
    source = group.add_mutually_exclusive_group()
    source.add_argument("-C", "--config", metavar="FILE", help=f"a zope.conf; else ${CONFIG}")
    source.add_argument("--zeo", metavar="ADDRESS", help=f"a ZEO server, as HOST:PORT or path of a socket; else ${ZEO}")
    group.add_argument(
        "--storage", metavar="NAME", help=f"the storage with the queues at that server; else ${STORAGE}, else 1"
    )
    group.add_argument("--database", metavar="NAME", help="the database with the queues in zope.conf; found by default")
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=TIMEOUT,
        help="wait so long for the database (%(default)g)",
    )


def target_of(arguments: argparse.Namespace) -> Target:
    """What the options, else the environment, say. Raises ``WrongUsage``."""
    config, zeo = arguments.config, arguments.zeo
    if not (config or zeo):
        config = os.environ.get(CONFIG)
        zeo = None if config else os.environ.get(ZEO)
    if not (config or zeo):
        raise WrongUsage(f"say where the queues are: --config zope.conf or --zeo host:port, or set ${CONFIG} or ${ZEO}")
    if config and arguments.storage:
        raise WrongUsage("--storage belongs to --zeo; a database of a zope.conf is named by --database")
    if zeo and arguments.database:
        raise WrongUsage("--database belongs to --config; what a ZEO server has are storages, named by --storage")
    storage = arguments.storage or os.environ.get(STORAGE) or MAIN_STORAGE
    return Target(
        config=Path(config).absolute() if config else None,
        address=_address(zeo) if zeo else None,
        storage=storage,
        database=arguments.database,
        timeout=arguments.timeout,
    )


def _address(text: str) -> Any:
    try:
        address = SocketConnectionAddress(text).address
    except ValueError:
        address = None
    if address is None or (isinstance(address, tuple) and not address[1]):
        raise WrongUsage(f"{text!r} is no address: HOST:PORT or the path of a socket")
    return address


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise ValueError(text)
    return seconds
