"""This package: a queue in a ZODB behind ZEO. A job's effects and its end are one commit, made when it returns."""

from __future__ import annotations

import os
import signal
import time
import uuid
from functools import cached_property
from pathlib import Path
from typing import Any

import transaction
import ZEO
from BTrees.OOBTree import OOBTree
from persistent import Persistent
from persistent.mapping import PersistentMapping
from zope.component import provideHandler

from benchmarks.peers.systems import System
from benchmarks.peers.systems import setting
from benchmarks.peers.systems import work
from zc.async_ import configure
from zc.async_.dispatcher import Dispatcher
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.job import Job
from zc.async_.subscribers import agent_installer
from zc.async_.subscribers import queue_installer


class Table(Persistent):
    """Objects instead of rows. Its methods are the jobs."""

    def __init__(self) -> None:
        self.rows = OOBTree()

    def row(self, number: int) -> None:
        """Add one object, which is committed with the job's end."""
        self.rows[uuid.uuid4().hex] = PersistentMapping(number=number)
        self._p_jar.transaction_manager.get().addAfterCommitHook(_mark_committed, (number,))

    def slow_row(self, number: int) -> None:
        """Add one object in the middle of some waiting."""
        time.sleep(work.HALF)
        self.row(number)
        time.sleep(work.HALF)


def _mark_committed(success: bool, number: int) -> None:
    if success:
        work.mark(number)


def _open() -> Any:
    return ZEO.DB(("127.0.0.1", setting("zeo")), wait_timeout=30)


class Ours(System):
    packages = ("plone.app.async", "ZODB", "ZEO")

    @cached_property
    def connection(self) -> Any:
        """The client's connection, and with it the queue and the table."""
        db = _open()
        queue_installer(DatabaseOpened(db))
        return db.open()

    def prepare(self) -> None:
        self.connection.root()["table"] = Table()
        transaction.commit()

    def enqueue(self, kind: str, number: int) -> None:
        transaction.begin()
        root = self.connection.root()
        function = work.note if kind == "note" else getattr(root["table"], kind)
        root[KEY][""].put(Job(function, number))
        transaction.commit()

    def work(self) -> None:
        os.environ["ZC_ASYNC_UUID"] = str(Path(setting("marks")).with_name("uuid.txt"))
        configure.base()
        provideHandler(agent_installer)
        Dispatcher(_open()).activate()
        signal.pause()

    def held(self) -> int:
        transaction.begin()
        queue = self.connection.root()[KEY][""]
        agents = [agent for record in queue.dispatchers.values() for agent in record.values()]
        return len(queue) + sum(map(len, agents))

    def rows(self) -> list[int]:
        transaction.begin()
        return [row["number"] for row in self.connection.root()["table"].rows.values()]


SYSTEM = Ours()
