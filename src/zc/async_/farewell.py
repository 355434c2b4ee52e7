"""The end of a dispatcher: how long it may take, and its last transaction, in a thread that can be given up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ZEO.Exceptions import ClientDisconnected


if TYPE_CHECKING:
    from uuid import UUID

    from zc.async_.outage import Transactions

events = logging.getLogger("zc.async.events")

GRACE = 3
"""Seconds for which running jobs may go on when their dispatcher ends, unless somebody says otherwise."""

PATIENCE = 5
"""Seconds that the last transaction gets, even if running jobs have used up all the time."""


def granted(grace: float | None) -> float:
    """The seconds that running jobs get, if the container of the queues says that or nothing."""
    return GRACE if grace is None else grace


class Farewell(threading.Thread):
    """Commits ``act`` against all conflicts, in the transactions of a connection that nobody else uses any more.

    Without the database server it is left to the next start, which rescues; so it is if this thread is given up, since
    ZEO waits for its server much longer than the end of a process may take.
    """

    def __init__(self, uuid: UUID, transactions: Transactions, act: Callable[[], None]) -> None:
        super().__init__(name="zc.async end", daemon=True)
        self._uuid = uuid
        self._transactions = transactions
        self._act = act

    def run(self) -> None:
        try:
            self._transactions.commit_act(self._act)
            events.info("deactivated dispatcher %s", self._uuid)
        except ClientDisconnected:
            events.error("dispatcher %s ends without the database server; its next start will clean up", self._uuid)
        except Exception:
            events.critical(
                "dispatcher %s could not be deactivated; its next start will clean up", self._uuid, exc_info=True
            )
