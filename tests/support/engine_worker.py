"""A worker of the engine, its UUID file named by ZC_ASYNC_UUID.

``python -m engine_worker DATABASE [SIZE [POLL [ADVANCE [PORT]]]]``; its clock is ADVANCE seconds before the others',
its monitor has that port.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from datetime import timedelta

import zope.component
import zope.component.event
from engine_database import open_database

from zc.async_ import clock
from zc.async_ import instanceuuid
from zc.async_ import monitor
from zc.async_.dispatcher import Dispatcher
from zc.async_.interfaces import IUUID
from zc.async_.subscribers import AgentInstaller


def main(database: str, size: str = "3", poll_interval: str = "3600", advance: str = "0", port: str = "") -> None:
    logging.basicConfig(level=logging.WARNING)
    with clock.ahead(timedelta(seconds=float(advance))):
        work(database, int(size), float(poll_interval), port)


def work(database: str, size: int, poll_interval: float, port: str) -> None:
    lock = instanceuuid.lock()
    zope.component.provideHandler(AgentInstaller("main", size=size))
    db = open_database(database)
    dispatcher = Dispatcher(db, poll_interval=poll_interval)
    dispatcher.activate()
    if port:
        zope.component.provideUtility(dispatcher.UUID, IUUID)
        monitor.register_basics()
        monitor.register(monitor.async_, "async")
        monitor.start(int(port))
    print("working", flush=True)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
    ended.wait()
    if dispatcher.deactivate():
        db.close()
    lock.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
