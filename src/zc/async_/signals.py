"""Lets a dispatcher end in an orderly way when the process is told to end by a signal.

For processes that nobody else looks after. A server that has its own ways to end stops its dispatcher itself.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import farewell


if TYPE_CHECKING:
    from zc.async_.dispatcher import Dispatcher

events = logging.getLogger("zc.async.events")

Stop = Callable[["Dispatcher", float], object]
"""Ends a dispatcher, whose running jobs may go on for so many seconds."""

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGBREAK") if hasattr(signal, name))
HANDLED = (signal.SIGINT, *ENDING)

SAME_ACT = 0.2
"""Seconds within which two signals are one act: Ctrl-C reaches a whole process group, and a parent may pass it on."""

signal_handlers: dict[int, dict[int, tuple[Any, Any]]] = {}
"""By ``id`` of a dispatcher and number of a signal, the handler that was there before, and ours."""


def install_signal_handlers(dispatcher: Dispatcher, stop: Stop) -> None:
    """Stop the dispatcher on SIGINT, SIGTERM and SIGBREAK, before what else they do; a second one ends the process.

    Only the main thread can do that: in another one, that is logged. A signal that the process ignores stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        events.info("dispatcher %s is not started in the main thread: it handles no signals", dispatcher.UUID)
        return
    handlers = signal_handlers[id(dispatcher)] = {}
    insistence = Insistence()
    for number in HANDLED:
        previous = signal.getsignal(number)
        if previous is not signal.SIG_IGN:
            current = _Handler(dispatcher, stop, previous, insistence)
            handlers[number] = previous, current
            signal.signal(number, current)


def restore_signal_handlers(dispatcher: Dispatcher) -> None:
    """Put back the former handlers where ours are still installed, and forget both. Does nothing if done already.

    Only the main thread can do that; in another one nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number, (previous, current) in signal_handlers.pop(id(dispatcher), {}).items():
        if signal.getsignal(number) is current:
            signal.signal(number, signal.SIG_DFL if previous is None else previous)


class Insistence:
    """Tells the first signal, which ends a process in order, from a second one, which ends it at once.

    Only for handlers of signals, which all run in the main thread, the second one within the first.
    """

    def __init__(self) -> None:
        self._first: float | None = None

    def is_first(self, number: int) -> bool:
        """Whether this is the first signal; if another one was handled already, the process ends here.

        The exit code is then 128 and the signal's number. Dying of the signal would say the same, but the first process
        of a container cannot: its default actions do nothing. What the process has not given back, locks of files
        apart, is left as by a crash, and its next start cleans up.
        """
        now = time.monotonic()
        if self._first is None:
            self._first = now
            return True
        if now - self._first > SAME_ACT:
            try:
                events.warning("%s was the second signal: the process ends at once", signal.Signals(number).name)
            finally:
                os._exit(128 + number)
        return False

    def forget(self) -> None:
        """Take the next signal for the first one."""
        self._first = None


class _Handler:
    def __init__(self, dispatcher: Dispatcher, stop: Stop, previous: Any, insistence: Insistence) -> None:
        self.dispatcher = dispatcher
        self.stop = stop
        self.previous = previous
        self.insistence = insistence

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self.insistence.is_first(number):
            return
        try:
            self.end_dispatcher()
        finally:
            self.insistence.forget()
        if callable(self.previous):
            self.previous(number, frame)
        if number in ENDING:
            raise SystemExit(0)
        if not callable(self.previous):
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def end_dispatcher(self) -> None:
        """Stop in a thread of its own: the interrupted main thread may hold a lock which the dispatcher's end needs."""
        if self.dispatcher.activated is None:
            return
        grace = farewell.granted(self.dispatcher.grace)
        thread = threading.Thread(target=self.stop, args=(self.dispatcher, grace), name="zc.async stop", daemon=True)
        thread.start()
        thread.join(grace + farewell.PATIENCE)
        if thread.is_alive():
            events.warning("dispatcher %s did not end in time; the process ends without it", self.dispatcher.UUID)
