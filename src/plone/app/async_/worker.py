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
from zc.async_.errors import AsyncError
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


class NotConfigured(AsyncError, LookupError):
    """The environment of this process does not let it run jobs."""


class Disabled(NotConfigured):
    """ZC_ASYNC_DISABLED is set."""


PROBLEMS = (NotConfigured, baseurl.InvalidBaseURL, QueuesOfVersion1, IdentityError)
"""What keeps a worker from running jobs until somebody sees to it."""


def is_disabled() -> bool:
    """Whether this process is told to run no jobs, though it is a worker."""
    return os.environ.get(DISABLED, "0") not in ("", "0")


class InitWorker(InitInstance):
    """Runs a dispatcher as well.

    ``serves`` says whether the process has something else to do. Then it lives on without ``ZC_ASYNC_UUID``, with an
    unusable ``ZC_ASYNC_BASE_URL``, or with queues of version 1, and only an error is logged. If another process has
    the identity, ``SystemExit`` ends this one all the same: both would answer for the same jobs, and a supervisor that
    starts it again finds the identity free once that process has ended. A process that serves nobody gets any of the
    ``PROBLEMS`` as it is.
    """

    serves = True
    _dispatcher: Any = None

    def start(self) -> None:
        try:
            self.run_jobs()
        except PROBLEMS as error:
            if not self.serves:
                raise
            if isinstance(error, IdentityError):
                logger.critical("This worker cannot start: %s", error)
                raise SystemExit(f"This worker cannot start: {error}") from error
            level = logging.INFO if isinstance(error, Disabled) else logging.ERROR
            logger.log(level, "No jobs are run here: %s", error)

    def run_jobs(self) -> None:
        """Start a dispatcher; raises one of the ``PROBLEMS``."""
        if is_disabled():
            raise Disabled
        if not os.environ.get(instanceuuid.key):
            raise NotConfigured(IDENTITY_NEEDED)
        baseurl.configured()
        identity = self.take_identity()
        opened = DatabaseOpened(databases.find(self.db_name))
        QueueInstaller()(opened)
        install = ThreadedDispatcherInstaller(poll_interval=POLL_INTERVAL, uuid=identity, signals=False)
        self._dispatcher = install(opened)
        self._reactor = self._dispatcher.reactor
        logger.info("Jobs are run here by dispatcher %s", identity)

    def stop(self) -> bool:
        ended = True
        if self._dispatcher is not None:
            ended = self.stop_dispatcher()
            self._reactor = None  # it was the dispatcher's
        return super().stop() and ended

    def stop_dispatcher(self) -> bool:
        """Give running jobs their time, and the others back; whether all threads have ended."""
        seconds = process.grace_seconds(self._dispatcher.grace)
        running = len(self._dispatcher.getActiveJobIds())
        if running:
            logger.info("%d running job(s) may go on for %g s", running, seconds)
        ended = stop_dispatcher(self._dispatcher, seconds)
        if running and not ended:
            logger.warning("Jobs that did not end within %g s are left to other workers", seconds)
        return ended
