"""Doing something in a transaction again and again until it is committed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from typing import Any

from transaction.interfaces import TransactionError
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import POSKeyError

from zc.async_.interfaces import ReassignedError
from zc.async_.outage import Transactions
from zc.async_.threadlocal import local
from zc.async_.twist import Failure


events = logging.getLogger("zc.async.events")

EXPLOSIVE_ERRORS = (SystemExit, KeyboardInterrupt, ReassignedError)
"""They end an act and are never an outcome."""

SYSTEM_ERRORS = (ClientDisconnected, POSKeyError)
"""The surroundings are at fault, not the program."""

INITIAL_BACKOFF = 5
MAX_BACKOFF = 60
BACKOFF_INCREMENT = 5

CONFLICTS_LOGGED = 5
"""Every so many conflicts are logged."""

ERRORS_LOGGED = 10
"""Every so many other errors are logged, and the first."""

MOST_CONFLICTS = 5
"""With this many conflicts in a row, :func:`try_five_times` gives up."""


def pause(seconds: float) -> bool:
    """Wait; True at once if this is a worker thread whose dispatcher stops."""
    stopping = Event() if local.dispatcher is None else local.dispatcher.stopping
    return stopping.wait(seconds)


def never_fail(call: Callable[[], Any], identifier: str, tm: Any) -> Any:
    """What ``call`` returns, committed by the transaction manager ``tm``, whatever it takes.

    Conflicts are met by another attempt at once, other errors by one after 5, 10, ... 60 seconds. Raises one of
    :data:`EXPLOSIVE_ERRORS`, or the last error when the dispatcher of this worker thread stops. The transaction is
    aborted after each error.
    """
    conflicts = errors = 0
    tm = Transactions(tm)
    while True:
        try:
            result = call()
            tm.commit()
            return result
        except EXPLOSIVE_ERRORS:
            tm.abort()
            raise
        except Exception as error:  # the promise is to go on whatever happens
            tm.abort()
            if _is_conflict(error):
                conflicts += 1
                if conflicts % CONFLICTS_LOGGED == 0:
                    events.warning("%d conflicts while %s", conflicts, identifier, exc_info=True)
                continue
            if errors % ERRORS_LOGGED == 0:
                level = logging.ERROR if isinstance(error, SYSTEM_ERRORS) else logging.CRITICAL
                events.log(level, "error %d while %s", errors + 1, identifier, exc_info=True)
            if pause(min(INITIAL_BACKOFF + errors * BACKOFF_INCREMENT, MAX_BACKOFF)):
                raise
            errors += 1


def _is_conflict(error: Exception) -> bool:
    """Whether another attempt at once may do; an absent server is a transaction error too, but must be waited for."""
    return isinstance(error, TransactionError) and not isinstance(error, SYSTEM_ERRORS)


def try_five_times(call: Callable[[], Any], identifier: str, tm: Any, commit: bool = True) -> Any:
    """What ``call`` returns, committed by ``tm`` unless ``commit`` is False; or a Failure.

    Conflicts are met by another attempt, five in all; any other error is a Failure at once. Raises only
    :data:`EXPLOSIVE_ERRORS`. The transaction is aborted after each error.
    """
    tm = Transactions(tm)
    for attempt in range(1, MOST_CONFLICTS + 1):
        try:
            result = call()
            if commit:
                tm.commit()
            return result
        except EXPLOSIVE_ERRORS:
            tm.abort()
            raise
        except Exception as error:  # it is handed to the caller
            failure = Failure()
            tm.abort()
            if not _is_conflict(error):
                events.critical("error while %s", identifier, exc_info=True)
                return failure
            if attempt == MOST_CONFLICTS:
                events.critical("%d conflicts in a row while %s", attempt, identifier, exc_info=True)
    return failure
