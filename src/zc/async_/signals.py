"""Lets a dispatcher end in an orderly way when the process is told to end by a signal.

For processes that nobody else looks after. A server that has its own ways to end stops its dispatcher itself.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING
from typing import Any


if TYPE_CHECKING:
    from zc.async_.dispatcher import Dispatcher

events = logging.getLogger("zc.async.events")

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGBREAK") if hasattr(signal, name))
HANDLED = (signal.SIGINT, *ENDING)

PATIENCE = 5
"""Seconds for which a signal waits for the dispatcher's end, beside what the queues grant running jobs."""

signal_handlers: dict[int, dict[int, tuple[Any, Any]]] = {}
"""By ``id`` of a dispatcher and number of a signal, the handler that was there before, and ours."""


def install_signal_handlers(dispatcher: Dispatcher, stop: Callable[[Dispatcher], object]) -> None:
    """Stop the dispatcher on SIGINT, SIGTERM and SIGBREAK, before what else they do.

    Only the main thread can do that: in another one, that is logged. A signal that the process ignores stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        events.info("dispatcher %s is not started in the main thread: it handles no signals", dispatcher.UUID)
        return
    handlers = signal_handlers[id(dispatcher)] = {}
    for number in HANDLED:
        previous = signal.getsignal(number)
        if previous is not signal.SIG_IGN:
            current = _Handler(dispatcher, stop, previous)
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


class _Handler:
    def __init__(self, dispatcher: Dispatcher, stop: Callable[[Dispatcher], object], previous: Any) -> None:
        self.dispatcher = dispatcher
        self.stop = stop
        self.previous = previous

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.end_dispatcher()
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
        thread = threading.Thread(target=self.stop, args=(self.dispatcher,), name="zc.async stop", daemon=True)
        thread.start()
        thread.join(PATIENCE + (self.dispatcher.grace or 0))
        if thread.is_alive():
            events.warning("dispatcher %s did not end in time; the process ends without it", self.dispatcher.UUID)
