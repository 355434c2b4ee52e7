"""Clients of a monitor that mean no good, and one that does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from collections.abc import Iterator
from random import Random

from cluster import wait_until


CLIENTS = 8
PACKET = 50_000


def connect(port: int) -> socket.socket:
    """A socket, to be closed by the caller."""
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def ask(port: int, line: str) -> str:
    """All that a monitor answers to one line."""
    with connect(port) as sock:
        sock.sendall(f"{line}\n".encode())
        with sock.makefile(encoding="utf-8") as answer:
            return answer.read()


def ask_in_flood(port: int, line: str) -> str:
    """The same; nothing if the connection breaks."""
    try:
        return ask(port, line)
    except ConnectionError:
        return ""


@contextlib.contextmanager
def flood(open_connection: Callable[[], socket.socket], noise: Random) -> Iterator[None]:
    """Let clients send questions and garbage as fast as they can, and read no answer, until the end of the block."""
    enough = threading.Event()
    sent: list[int] = []

    def client() -> None:
        while not enough.is_set():
            with contextlib.suppress(OSError), open_connection() as sock:
                for _ in range(20):
                    sock.sendall(b"interactive\nasync status\n\n" + noise.randbytes(PACKET))
                    sent.append(PACKET)

    crowd = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in crowd:
        one.start()
    try:
        wait_until(lambda: len(sent) > 100, "it is a flood", 20)
        yield
    finally:
        enough.set()
        for one in crowd:
            one.join(20)
