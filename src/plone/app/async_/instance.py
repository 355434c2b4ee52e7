"""What a process does that queues jobs and runs none."""

from __future__ import annotations

import logging
import os
from typing import Any
from uuid import UUID

from zope.component import getSiteManager
from zope.interface import implementer

from plone.app.async_ import databases
from plone.app.async_ import process
from plone.app.async_.interfaces import IInitAsync
from plone.app.async_.monitoring import start_monitor
from zc.async_ import instanceuuid
from zc.async_.interfaces import IUUID
from zc.async_.interfaces import IdentityError
from zc.async_.monitor import reactors


logger = logging.getLogger("plone.app.async")


@implementer(IInitAsync)
class InitInstance:
    """Makes the databases known, and opens the monitor if it is configured.

    Subclasses name the database with the queues, and may start more. All methods are called in the main thread.
    """

    db_name: str

    def __init__(self) -> None:
        self._is_started = False
        self._reactor: Any = None
        self._identity_lock: Any = None

    def register_databases(self) -> None:
        databases.register(self.db_name)

    def init(self) -> None:
        if self._is_started:
            return
        self._is_started = True
        self.register_databases()
        process.before_databases_close(self.stop)
        self.start()
        start_monitor(self.reactor)

    def start(self) -> None:
        """Start what the role is about; here, take the identity if the process has one."""
        if os.environ.get(instanceuuid.key):
            try:
                self.take_identity()
            except IdentityError as error:
                # Jobs can be queued under any name: one made up for this process does as well.
                logger.warning("This instance uses a passing identity: %s", error)

    def stop(self) -> bool:
        """End what was started; whether all threads have ended."""
        if self._reactor is not None:
            reactors.stop(self._reactor)
        if self._identity_lock is not None:
            self._identity_lock.close()
        return True

    def take_identity(self) -> UUID:
        """Be who the file named by ``ZC_ASYNC_UUID`` says; ``IdentityError``, also if another process is that."""
        identity = instanceuuid.getUUID()
        self._identity_lock = instanceuuid.lock()
        getSiteManager().registerUtility(identity, IUUID)
        return identity

    def reactor(self) -> Any:
        """The running reactor of this process, started when it is first asked for."""
        if self._reactor is None:
            self._reactor = reactors.start_in_thread("plone.app.async monitor")
        return self._reactor
