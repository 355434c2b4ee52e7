"""Ports that nobody uses."""

from __future__ import annotations

import socket
from contextlib import ExitStack


# In addresses that people open.  Not 127.0.0.1: Plone's theme is off there.
HOST = "localhost"
# What the servers bind to.
LOOPBACK = "127.0.0.1"


def choose_ports(*wanted: int | None) -> list[int]:
    """The ports asked for, and a free one for each ``None``; no port twice.

    Raises ``OSError`` with the number when a wanted one is in use.
    """
    with ExitStack() as stack:
        return [stack.enter_context(_bound(port)).getsockname()[1] for port in wanted]


def _bound(port: int | None) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((LOOPBACK, port or 0))
    except OSError as error:
        sock.close()
        raise OSError(f"Port {port}: {error.strerror}") from None
    return sock


def accepts(port: int) -> bool:
    """Whether something listens there."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
