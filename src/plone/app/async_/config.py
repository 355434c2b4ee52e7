"""What makes a Zope process an instance or a worker: the role file it loads.

A role file, such as ``single_db_worker.zcml``, registers one of the classes here as the ``IInitAsync`` utility, and
the two subscribers.
"""

from __future__ import annotations

from typing import Any

import Zope2
from zope.component import queryUtility

from plone.app.async_ import databases
from plone.app.async_ import process
from plone.app.async_.instance import InitInstance
from plone.app.async_.interfaces import IInitAsync
from plone.app.async_.worker import InitWorker


class InitSingleDBInstance(InitInstance):
    """Jobs are queued in the main database."""

    db_name = databases.ROOT


class InitMultiDBInstance(InitInstance):
    """Jobs are queued in a database of their own."""

    db_name = databases.QUEUES


class InitSingleDBWorker(InitWorker):
    """Jobs are taken from the main database."""

    db_name = databases.ROOT


class InitMultiDBWorker(InitWorker):
    """Jobs are taken from a database of their own."""

    db_name = databases.QUEUES


WORKER_FILES = {databases.ROOT: "single_db_worker.zcml", databases.QUEUES: "multi_db_worker.zcml"}
"""Role files of workers, by the database that has the queues."""


def worker_file() -> str:
    """The role file of workers for the queues of this process.

    The queues are where its own role says; without one, in the database called ``async`` if there is one.
    """
    otherwise = databases.QUEUES if databases.QUEUES in Zope2.DB.databases else databases.ROOT
    return WORKER_FILES[getattr(queryUtility(IInitAsync), "db_name", otherwise)]


# What these were called before there were instances.
InitSingleDB = InitSingleDBWorker
InitMultiDB = InitMultiDBWorker


def databases_opened(event: Any) -> None:
    """Tell where the queues are, in scripts as well, and start nothing."""
    init = queryUtility(IInitAsync)
    if init is not None:
        init.register_databases()


def process_starting(event: Any) -> None:
    """Start what this process is for, unless it runs a script."""
    init = queryUtility(IInitAsync)
    if init is not None and process.is_server():
        init.init()
