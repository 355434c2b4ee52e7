"""A worker that serves no requests: Zope as ``zope.conf`` says, and a dispatcher, until a signal ends it."""

from __future__ import annotations

import logging
import os
import threading
from importlib import import_module

import Zope2
from App.config import getConfiguration
from zope.component import queryUtility
from Zope2.App.zcml import load_config
from Zope2.Startup.run import configure_wsgi
from Zope2.Startup.starter import WSGIStarter

from plone.app.async_ import config
from plone.app.async_ import process
from plone.app.async_.interfaces import IInitAsync
from plone.app.async_.worker import InitWorker
from zc.async_ import outage


logger = logging.getLogger("plone.app.async")


def work(zope_conf: str) -> None:
    """Run jobs until a signal ends that; returns when all is closed.

    To be called in the main thread of a process that does nothing else, once. Raises the ``PROBLEMS`` of a worker,
    ``NoSuchDatabase``, ``ZConfig.ConfigurationError``, ``ClientDisconnected`` if there is no database server at the
    start, and whatever products raise then.
    """
    ending = process.handle_signals()
    ending.act = leave
    try:
        with outage.named():
            start(zope_conf, ending)
        ending.act = process.interrupt
        if not ending.asked:
            threading.Event().wait()
    except (KeyboardInterrupt, SystemExit):
        if not ending.asked:
            raise
    finally:
        for database in Zope2.opened:
            database.close()
    logger.info("The worker has ended")


def leave(number: int) -> None:
    """End the process before it has begun to run jobs.

    Nothing is to be handed back then, and an exception could hit the main thread in a commit.
    """
    logger.info("The worker has ended before it began")
    os._exit(0)


def remember(number: int) -> None:
    """Let the main thread go on: it will look whether it was told to end."""


def start(zope_conf: str, ending: process.Ending) -> None:
    """Start Zope, and with it the worker."""
    configure_wsgi(zope_conf)
    starter = Starter(ending)
    starter.setConfiguration(getConfiguration())
    starter.prepare()


class Starter(WSGIStarter):
    """Starts Zope as for a server, and makes the process a worker before it tells that it starts."""

    def __init__(self, ending: process.Ending) -> None:
        self._ending = ending

    def startZope(self) -> None:
        super().startZope()
        become_worker()
        self._ending.act = remember  # what begins now must be ended in order


def become_worker() -> None:
    """Let this process be a worker, whatever role ``site.zcml`` gives it, if any.

    The queues are where that role says, see ``config.worker_file``.
    """
    role = queryUtility(IInitAsync)
    if not isinstance(role, InitWorker):
        load_config(config.worker_file(), import_module("plone.app.async"))
        role = queryUtility(IInitAsync)
    role.serves = False
