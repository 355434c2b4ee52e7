"""A worker of the engine: ``python -m engine_worker DATABASE [SIZE [POLL]]``, its UUID file named by ZC_ASYNC_UUID."""

from __future__ import annotations

import logging
import signal
import sys
import threading

import zope.component
import zope.component.event
from engine_database import open_database

from zc.async_ import instanceuuid
from zc.async_.dispatcher import Dispatcher
from zc.async_.subscribers import AgentInstaller


def main(database: str, size: str = "3", poll_interval: str = "3600") -> None:
    logging.basicConfig(level=logging.WARNING)
    lock = instanceuuid.lock()
    zope.component.provideHandler(AgentInstaller("main", size=int(size)))
    db = open_database(database)
    dispatcher = Dispatcher(db, poll_interval=float(poll_interval))
    dispatcher.activate()
    print("working", flush=True)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
    ended.wait()
    if dispatcher.deactivate():
        db.close()
    lock.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
