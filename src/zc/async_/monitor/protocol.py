"""Lines in, answers out, over a Twisted connection; and how much of that one peer, and all of them, may ask for.

Everything here runs in the reactor's thread, except commands: each runs in a thread of its own, one at a time for each
connection, so that a slow command holds up neither other connections nor whatever else the reactor does. Of a peer
that sends faster than it is answered, or does not read its answers, at most one packet and one answer are kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Thread
from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol
from twisted.internet.protocol import ServerFactory
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure
from zope.interface import implementer

from zc.async_.monitor.server import Server


__all__ = ["CONNECTION_LIMIT", "IDLE_LIMIT", "LINE_LIMIT", "MonitorFactory", "MonitorProtocol"]

LINE_LIMIT = 8192  # bytes
IDLE_LIMIT = 600.0  # seconds without a line while no command runs, and to read the last answer
CONNECTION_LIMIT = 16


def in_thread(task: Callable[[], None]) -> None:
    Thread(target=task, name="zc.async_.monitor command", daemon=True).start()


@implementer(IHalfCloseableProtocol, IPushProducer)
class MonitorProtocol(LineOnlyReceiver, TimeoutMixin):
    """One connection: feeds its lines to a ``Server``, one after the other.

    For its transport it is the producer of the answers, which hears when the peer falls behind with reading.
    """

    transport: Any
    factory: Any
    delimiter = b"\n"
    MAX_LENGTH = LINE_LIMIT

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.waiting: deque[str] = deque()
        self.busy = False
        self.peer_has_finished = False
        self.peer_is_behind = False
        self.server = Server(self)

    # Called by commands, from any thread

    def write(self, data: str) -> None:
        self.reactor.callFromThread(self.transport.write, data.encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        self.reactor.callFromThread(self.finish)

    # Called by Twisted

    def connectionMade(self) -> None:
        self.factory.connections.add(self)
        self.transport.registerProducer(self, streaming=True)
        self.setTimeout(IDLE_LIMIT)

    def lineReceived(self, line: bytes) -> None:
        self.waiting.append(line.decode("utf-8", "replace"))
        self.go_on()

    def lineLengthExceeded(self, line: bytes) -> None:
        self.transport.write(f"Lines are limited to {LINE_LIMIT} bytes.\n".encode())
        self.finish()

    def readConnectionLost(self) -> None:
        """A peer that has sent all it wants to send still gets its answers."""
        self.peer_has_finished = True
        self.go_on()

    def writeConnectionLost(self) -> None:
        pass

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.connections.discard(self)
        self.setTimeout(None)
        self.server.handle_close(self, str(reason))

    def timeoutConnection(self) -> None:
        """End an idle connection; one that is ending already has a peer that does not read."""
        if self.transport.disconnecting:
            self.transport.abortConnection()
        else:
            self.finish()

    def callLater(self, period: float, func: Callable[[], None]) -> Any:
        return self.reactor.callLater(period, func)

    # Called by the transport, about the answers

    def pauseProducing(self) -> None:
        self.peer_is_behind = True

    def resumeProducing(self) -> None:
        self.peer_is_behind = False
        self.go_on()

    def stopProducing(self) -> None:
        pass

    # One command at a time

    def go_on(self) -> None:
        """Run the next line, or wait for whatever it is time to wait for."""
        if self.busy or self.server.closed or self.peer_is_behind:
            return
        while self.waiting and self.server.ignores(self.waiting[0]):
            self.waiting.popleft()  # without a thread: there may be thousands
        if self.waiting:
            self.run(self.waiting.popleft())
        elif self.peer_has_finished:
            self.finish()
        else:
            self.transport.resumeProducing()

    def run(self, line: str) -> None:
        self.busy = True
        self.setTimeout(None)
        self.transport.pauseProducing()

        def run() -> None:
            try:
                self.server.handle_input(self, line)
            finally:
                self.reactor.callFromThread(self.command_done)

        in_thread(run)

    def command_done(self) -> None:
        self.busy = False
        if self.transport.connected:  # or else nobody waits for more, not even a timer
            self.setTimeout(IDLE_LIMIT)
            self.go_on()

    def finish(self) -> None:
        """Close once the peer has read what was written, for which its time is limited."""
        if not self.transport.connected:
            return
        self.waiting.clear()
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        self.setTimeout(IDLE_LIMIT)


class Refusal(Protocol):
    """A connection too many."""

    transport: Any

    def connectionMade(self) -> None:
        self.transport.write(f"There are {CONNECTION_LIMIT} connections already.\n".encode())
        self.transport.loseConnection()


class MonitorFactory(ServerFactory):
    """Makes the connections of one port, and not too many of them."""

    noisy = False

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.connections: set[MonitorProtocol] = set()

    def buildProtocol(self, address: Any) -> Protocol:
        if len(self.connections) >= CONNECTION_LIMIT:
            return Refusal()
        protocol = MonitorProtocol(self.reactor)
        protocol.factory = self
        return protocol
