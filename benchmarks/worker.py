"""A worker process: ``python -m benchmarks.worker PORT SIZE`` until its input ends."""

from __future__ import annotations

import sys
import uuid

import ZEO
import zope.component
import zope.component.event

from zc.async_.dispatcher import Dispatcher
from zc.async_.subscribers import AgentInstaller


CACHE = 2 * 2**20
"""Bytes of the ZEO client's cache: small, so that its index is full before memory is measured."""


def main(port: str, size: str) -> None:
    db = ZEO.DB(("127.0.0.1", int(port)), wait_timeout=30, cache_size=CACHE)
    zope.component.provideHandler(AgentInstaller("main", size=int(size)))
    dispatcher = Dispatcher(db, poll_interval=5, uuid=uuid.uuid4())
    dispatcher.activate()
    print("ready", flush=True)
    sys.stdin.readline()
    dispatcher.deactivate()
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
