"""The Zope process around us: whether it is a server, and how it ends."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import Zope2

from zc.async_.signals import Insistence


logger = logging.getLogger("plone.app.async")

CONSOLE = "Zope2.utilities.zconsole"
GRACE = "ZC_ASYNC_GRACE"
DEFAULT_GRACE = 5.0


def is_server() -> bool:
    """Whether this process serves requests, rather than running a script.

    ``IProcessStarting`` is notified in ``zconsole`` as well.
    """
    main = getattr(sys.modules["__main__"], "__spec__", None)
    return CONSOLE not in sys.modules and (main is None or main.name != CONSOLE)


def grace_seconds(of_queues: float | None = None) -> float:
    """How long running jobs may go on when the process ends: as its environment says, else as the queues say."""
    otherwise = DEFAULT_GRACE if of_queues is None else of_queues
    value = os.environ.get(GRACE)
    if not value:
        return otherwise
    try:
        return max(float(value), 0.0)
    except ValueError:
        logger.warning("%s is no number of seconds: %r", GRACE, value)
        return otherwise


class Closer:
    """Runs ``stop`` once; looks like a database that is closed."""

    def __init__(self, stop: Callable[[], bool]) -> None:
        self._stop: Callable[[], bool] | None = stop

    def close(self) -> None:
        stop, self._stop = self._stop, None
        if stop is None:
            return
        ended = False
        try:
            ended = stop()
        except Exception:
            # The databases behind this one in the list must be closed all the
            # same, and the process is ending: nobody else could handle this.
            logger.exception("Could not stop cleanly")
        if not ended:
            Zope2.opened[:] = [each if each is self else UnwillingDatabase(each) for each in Zope2.opened]


class UnwillingDatabase:
    """A database that a thread still uses when it is closed.

    ZODB fails to close a database with a savepoint in one of its connections;
    that thread's work is lost anyway, and must not turn the end into an error.
    """

    def __init__(self, database: Any) -> None:
        self._database = database

    def close(self) -> None:
        try:
            self._database.close()
        except Exception as error:
            logger.warning("A database was in use when it was closed: %r", error)


def before_databases_close(stop: Callable[[], bool]) -> None:
    """Call ``stop`` once when the process ends, while databases can be written.

    It tells whether nothing uses the databases any more.

    Zope's own server closes what is in ``Zope2.opened``, in that order, after
    the last request; with any other WSGI server the interpreter's exit must
    do, when the databases are open still.  Signals are made to end the process
    in this orderly way, unless somebody handles them already.
    """
    closer = Closer(stop)
    Zope2.opened.insert(0, closer)
    atexit.register(closer.close)
    handle_signals()


def interrupt(number: int) -> None:
    """Raise what unwinds the main thread."""
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(0)


class Ending:
    """The handler of the signals that end this process: the first one by ``act``, a second one at once."""

    def __init__(self) -> None:
        self.asked = False
        self.act: Callable[[int], None] = interrupt
        self._insistence = Insistence()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._insistence.is_first(number):
            self.asked = True
            logger.info("This process ends, as %s tells it", signal.Signals(number).name)
            self.act(number)


def handle_signals() -> Ending:
    """Let SIGTERM end the process as ``sys.exit`` does and SIGINT as always, where that is ours to say.

    Gives their handler, which is not installed where somebody else handles or ignores them, nor outside of the main
    thread.
    """
    ending = Ending()
    if threading.current_thread() is threading.main_thread():
        for number, default in (signal.SIGTERM, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler):
            if signal.getsignal(number) is default:
                signal.signal(number, ending)
    return ending
