"""The monitor's port: lines in, answers out, over Twisted.

Everything here runs in the reactor's thread, except commands: each runs in a
thread of its own, one at a time for each connection, so that a slow command
holds up neither other connections nor whatever else the reactor does.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from threading import Event
from threading import Thread
from typing import Any
from typing import Literal

from twisted.internet import tcp
from twisted.internet import unix
from twisted.internet.defer import maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import ServerFactory
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure
from zope.interface import implementer

from zc.async_.monitor import reactors
from zc.async_.monitor.server import Server


__all__ = ["Address", "Listener", "last_listener", "start"]

Address = tuple[str, int] | str

LOOPBACK = "127.0.0.1"
LINE_LIMIT = 8192  # bytes
IDLE_LIMIT = 600.0  # seconds without a line while no command runs
CONNECTION_LIMIT = 16
SOCKET_MODE = 0o600

last_listener: Listener | None = None


def in_thread(task: Callable[[], None]) -> None:
    Thread(target=task, name="zc.async_.monitor command", daemon=True).start()


@implementer(IHalfCloseableProtocol)
class MonitorProtocol(LineOnlyReceiver, TimeoutMixin):
    """One connection: feeds its lines to a ``Server``, one after the other."""

    delimiter = b"\n"
    MAX_LENGTH = LINE_LIMIT

    def __init__(self, reactor: Any, run: Callable[[Callable[[], None]], None]) -> None:
        self.reactor = reactor
        self.run_command = run
        self.waiting: deque[str] = deque()
        self.busy = False
        self.peer_has_finished = False
        self.server = Server(self)

    # Called by commands, from any thread

    def write(self, data: str) -> None:
        self.reactor.callFromThread(self.transport.write, data.encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        self.reactor.callFromThread(self.transport.loseConnection)

    # Called by Twisted

    def connectionMade(self) -> None:
        self.factory.connections.add(self)
        self.setTimeout(IDLE_LIMIT)

    def lineReceived(self, line: bytes) -> None:
        self.waiting.append(line.decode("utf-8", "replace"))
        self.next_command()

    def lineLengthExceeded(self, line: bytes) -> None:
        self.transport.write(f"Lines are limited to {LINE_LIMIT} bytes.\n".encode())
        self.transport.loseConnection()

    def readConnectionLost(self) -> None:
        """A peer that has sent all it wants to send still gets its answers."""
        self.peer_has_finished = True
        if not self.busy:
            self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        pass

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.connections.discard(self)
        self.setTimeout(None)
        self.waiting.clear()
        self.server.handle_close(self, str(reason))

    def callLater(self, period: float, func: Callable[[], None]) -> Any:
        return self.reactor.callLater(period, func)

    # One command at a time

    def next_command(self) -> None:
        if self.busy or not self.waiting:
            return
        self.busy = True
        self.setTimeout(None)
        self.transport.pauseProducing()
        line = self.waiting.popleft()

        def run() -> None:
            try:
                self.server.handle_input(self, line)
            finally:
                self.reactor.callFromThread(self.command_done)

        self.run_command(run)

    def command_done(self) -> None:
        self.busy = False
        if self.server.closed:
            self.waiting.clear()
        elif self.waiting:
            self.next_command()
        elif self.peer_has_finished:
            self.transport.loseConnection()
        else:
            self.setTimeout(IDLE_LIMIT)
            self.transport.resumeProducing()


class MonitorFactory(ServerFactory):
    """Makes the connections of one port, and not too many of them."""

    noisy = False

    def __init__(self, reactor: Any, run: Callable[[Callable[[], None]], None] = in_thread) -> None:
        self.reactor = reactor
        self.run_command = run
        self.connections: set[MonitorProtocol] = set()

    def buildProtocol(self, address: Any) -> MonitorProtocol | None:
        if len(self.connections) >= CONNECTION_LIMIT:
            return None
        protocol = MonitorProtocol(self.reactor, self.run_command)
        protocol.factory = self
        return protocol


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
