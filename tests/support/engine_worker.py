"""A worker of the engine: ``python -m engine_worker ZEO_PORT [SIZE [POLL]]``, its UUID file named by ZC_ASYNC_UUID."""

from __future__ import annotations

import signal
import sys
import threading

import ZEO
import zope.component
import zope.component.event

from zc.async_ import instanceuuid
from zc.async_.dispatcher import Dispatcher
from zc.async_.subscribers import AgentInstaller


def main(port: str, size: str = "3", poll_interval: str = "3600") -> None:
    lock = instanceuuid.lock()
    zope.component.provideHandler(AgentInstaller("main", size=int(size)))
    db = ZEO.DB(("127.0.0.1", int(port)), wait_timeout=30)
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
