"""Where the monitor listens: a port of the loopback interface, another address, or a Unix socket of its owner."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from threading import Event
from typing import Any
from typing import Literal

from twisted.internet import tcp
from twisted.internet import unix
from twisted.internet.defer import maybeDeferred
from twisted.internet.error import CannotListenError

from zc.async_.monitor import reactors
from zc.async_.monitor.protocol import MonitorFactory


__all__ = ["Address", "Listener", "last_listener", "start"]

Address = tuple[str, int] | str

LOOPBACK = "127.0.0.1"
SOCKET_MODE = 0o600

last_listener: Listener | None = None


class SocketFilePort(unix.Port):
    """A Unix socket that takes its file away in the end, but not that of a successor."""

    _file: tuple[int, int] | None = None

    def startListening(self) -> None:
        super().startListening()
        self._file = self._file_now()

    def connectionLost(self, reason: Any) -> None:
        if self._file is not None and self._file == self._file_now():
            os.unlink(self._bindPath)
        tcp.Port.connectionLost(self, reason)

    def _file_now(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._bindPath)
        except OSError:
            return None
        return status.st_dev, status.st_ino


class Listener:
    """An open port of the monitor."""

    def __init__(self, reactor: Any, port: Any, factory: MonitorFactory) -> None:
        host = port.getHost()
        name = getattr(host, "name", None)
        self.address: Address = (host.host, host.port) if name is None else os.fsdecode(name)
        self._reactor = reactor
        self._port = port
        self._factory = factory

    def close(self) -> None:
        """Stop listening and drop all connections.  Not from the reactor's thread."""
        closed = Event()

        def close() -> None:
            for connection in tuple(self._factory.connections):
                connection.transport.abortConnection()
            maybeDeferred(self._port.stopListening).addBoth(lambda outcome: closed.set())

        self._reactor.callFromThread(close)
        closed.wait(reactors.TIMEOUT)


def start(address: int | Address, reactor: Any = None) -> Address | Literal[False]:
    """Open the monitor and return its actual address, or False if it is taken.

    An ``int`` is a port on the loopback interface only, ``(host, port)`` any
    other, a ``str`` the path of a Unix socket that only this user may open; a
    socket that was left there is replaced.  Without ``reactor``, the monitor
    makes one with a thread of its own.  A given one must run in a thread that
    is not the caller's.  Errors other than "in use" are raised as ``OSError``.
    """
    global last_listener
    if isinstance(address, int):
        address = (LOOPBACK, address)
    if reactor is None:
        reactor = reactors.start_in_thread("zc.async_.monitor")
    factory = MonitorFactory(reactor)
    try:
        port = _call(reactor, _listen, reactor, address, factory)
    except CannotListenError as error:
        if error.socketError.errno != errno.EADDRINUSE:
            raise error.socketError from None
        # On the root logger: it is there in every process, however it logs.
        logging.warning("The monitor server could not be started: %r is already in use", address)
        return False
    last_listener = Listener(reactor, port, factory)
    return last_listener.address


def _listen(reactor: Any, address: Address, factory: MonitorFactory) -> Any:
    if not isinstance(address, str):
        host, number = address
        return reactor.listenTCP(number, factory, interface=host)
    if os.path.exists(address) and stat.S_ISSOCK(os.stat(address).st_mode):
        os.unlink(address)
    port = SocketFilePort(os.fsencode(address), factory, mode=SOCKET_MODE, reactor=reactor)
    port.startListening()
    return port


def _call(reactor: Any, function: Callable[..., Any], *args: Any) -> Any:
    """What ``function`` returns or raises in the reactor's thread."""
    outcome: Future[Any] = Future()

    def call() -> None:
        try:
            outcome.set_result(function(*args))
        except Exception as error:  # for the thread that waits, which raises it
            outcome.set_exception(error)

    reactor.callFromThread(call)
    try:
        return outcome.result(timeout=reactors.TIMEOUT)
    except FutureTimeout:
        raise TimeoutError("The reactor of the monitor does not run") from None
