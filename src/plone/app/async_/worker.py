"""What a process does that runs jobs."""

from __future__ import annotations

import logging
import os
from typing import Any

from plone.app.async_ import baseurl
from plone.app.async_ import databases
from plone.app.async_ import process
from plone.app.async_.instance import InitInstance
from zc.async_ import instanceuuid
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import IdentityError
from zc.async_.interfaces import QueuesOfVersion1
from zc.async_.subscribers import QueueInstaller
from zc.async_.subscribers import ThreadedDispatcherInstaller
from zc.async_.subscribers import stop_dispatcher


logger = logging.getLogger("plone.app.async")

POLL_INTERVAL = 2
"""Seconds, unless the queues say otherwise; a safety net, since commits wake the dispatcher."""

DISABLED = "ZC_ASYNC_DISABLED"
"""Environment variable that keeps a worker from running jobs."""

IDENTITY_NEEDED = (
    f"a worker needs a file of its own for its identity; set the environment variable {instanceuuid.key} to a path, "
    "such as var/worker-uuid.txt (the file is made if it is missing)"
)


def is_disabled() -> bool:
    """Whether this process is told to run no jobs, though it is a worker."""
    return os.environ.get(DISABLED, "0") not in ("", "0")


class InitWorker(InitInstance):
    """Runs a dispatcher as well.

    Without ``ZC_ASYNC_UUID``, with an unusable ``ZC_ASYNC_BASE_URL``, or with queues of version 1, only an error is
    logged: the process may serve a site that works as well without. If another process has the identity,
    ``SystemExit`` ends this one: both would answer for the same jobs, and a supervisor that starts it again finds the
    identity free once that process has ended.
    """

    _dispatcher: Any = None

    def start(self) -> None:
        if is_disabled():
            logger.info("No jobs are run here: %s is set", DISABLED)
            return
        if not os.environ.get(instanceuuid.key):
            logger.error("No jobs are run here: %s", IDENTITY_NEEDED)
            return
        try:
            baseurl.configured()
        except baseurl.InvalidBaseURL as error:
            logger.error("No jobs are run here: %s", error)
            return
        try:
            identity = self.take_identity()
        except IdentityError as error:
            logger.critical("This worker cannot start: %s", error)
            raise SystemExit(f"This worker cannot start: {error}") from error
        opened = DatabaseOpened(databases.find(self.db_name))
        try:
            QueueInstaller()(opened)
        except QueuesOfVersion1 as error:
            logger.critical("No jobs are run here: %s", error)
            return
        install = ThreadedDispatcherInstaller(poll_interval=POLL_INTERVAL, uuid=identity, signals=False)
        self._dispatcher = install(opened)
        self._reactor = self._dispatcher.reactor
        logger.info("Jobs are run here by dispatcher %s", identity)

    def stop(self) -> bool:
        ended = True
        if self._dispatcher is not None:
            seconds = process.grace_seconds(self._dispatcher.grace)
            ended = stop_dispatcher(self._dispatcher, seconds)
            self._reactor = None  # it was the dispatcher's
            if not ended:
                logger.warning("Jobs that did not end within %g s are left to other workers", seconds)
        return super().stop() and ended
