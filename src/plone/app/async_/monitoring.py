"""The monitor of this process, as ``<product-config zc.z3monitor>`` wants it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from App.config import getConfiguration
from ZODB.ActivityMonitor import ActivityMonitor
from ZODB.interfaces import IDatabase
from zope.component import getUtilitiesFor

from zc.async_ import monitor


logger = logging.getLogger("plone.app.async")

SECTION = "zc.z3monitor"


def start_monitor(get_reactor: Callable[[], Any]) -> None:
    """Open the monitor's port, if the product configuration names one.

    ``get_reactor`` is asked for a running reactor only then.  A port that
    cannot be opened is logged: it must not keep the process from working.
    """
    options = getattr(getConfiguration(), "product_config", {}).get(SECTION)
    if options is None:
        return
    for _, database in getUtilitiesFor(IDatabase):
        if database.getActivityMonitor() is None:
            database.setActivityMonitor(ActivityMonitor())
    try:
        address = configured_address(options)
        if address is None:
            return
        opened = monitor.start(address, get_reactor())
    except (OSError, ValueError) as error:
        logger.error("The monitor of <product-config %s> cannot start: %s", SECTION, error)
    else:
        if opened:
            where = opened if isinstance(opened, str) else ":".join(map(str, opened))
            logger.info("The monitor listens on %s", where)


def configured_address(options: Mapping[str, str]) -> int | tuple[str, int] | str | None:
    """``port`` is a number; ``bind`` a number, ``host:port``, or a socket's path.

    ``port`` wins.  A number alone, or after an empty host, is a port of the loopback interface.  Raises ``ValueError``.
    """
    if options.get("port"):
        return port_number(options["port"])
    bind = options.get("bind")
    if not bind:
        return None
    host, _, port = bind.rpartition(":")
    if not port.isdigit():
        return bind
    return (host.strip("[]"), port_number(port)) if host else port_number(port)


def port_number(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**16:
        raise ValueError(f"{number} is no number of a port")
    return number
