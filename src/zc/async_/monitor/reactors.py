"""A Twisted reactor in a daemon thread, for a process that has no other."""

from __future__ import annotations

from threading import Event
from threading import Thread
from typing import Any

from twisted.internet.selectreactor import SelectReactor


TIMEOUT = 10.0  # seconds to start, or to stop, or for a short call


def start_in_thread(name: str) -> Any:
    """A new reactor, running when this returns.

    It has nothing to do with Twisted's global reactor, handles no signals, and
    ends with the process or with ``stop``.  It cannot be started again.
    """
    reactor = SelectReactor()
    running = Event()
    reactor.callWhenRunning(running.set)
    Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, name=name, daemon=True).start()
    if not running.wait(TIMEOUT):
        raise RuntimeError(f"The reactor of {name} did not start")
    return reactor


def stop(reactor: Any) -> None:
    """End the reactor, if it runs, with all its ports and connections.

    Returns when they are closed.  Not to be called from the reactor's thread.
    """
    stopped = Event()
    if reactor.running:
        reactor.addSystemEventTrigger("after", "shutdown", stopped.set)
        reactor.callFromThread(reactor.stop)
        stopped.wait(TIMEOUT)
