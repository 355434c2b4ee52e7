"""The monitor's port, over real sockets on the loopback interface."""

import contextlib
import gc
import logging
import random
import socket
import stat
import threading
import weakref

import pytest
from twisted.internet.selectreactor import SelectReactor
from zope.component.testing import setUp
from zope.component.testing import tearDown

from zc.async_ import monitor
from zc.async_.monitor import protocol
from zc.async_.monitor import reactors
from zc.async_.testing import wait_until


@pytest.fixture(autouse=True)
def commands():
    setUp()
    monitor.register_basics()
    yield
    tearDown()


@pytest.fixture(scope="module")
def reactor():
    reactor = reactors.start_in_thread("test monitor")
    yield reactor
    reactors.stop(reactor)


@pytest.fixture
def start(reactor):
    opened = []

    def start(address):
        result = monitor.start(address, reactor)
        if result:
            opened.append(monitor.last_listener)
        return result

    yield start
    for each in opened:
        each.close()


@pytest.fixture
def address(start):
    return start(0)


def ask(address, data, half_close=False):
    """All that is answered, until the other side closes."""
    with connect(address) as sock:
        sock.sendall(data)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
        return read_all(sock)


def connect(address):
    sock = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    sock.settimeout(10)
    sock.connect(address)
    return sock


def read_all(sock):
    chunks = []
    while chunk := sock.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks).decode()


def test_M10_M14_K69_a_number_listens_on_loopback_only(address):
    host, port = address
    assert host == "127.0.0.1"
    assert port > 0
    assert monitor.last_listener.address == address


def test_M10_a_host_and_a_port(start):
    host, port = start(("localhost", 0))
    assert host == "127.0.0.1"
    assert ask((host, port), b"quit\n") == "Goodbye.\n"


def test_a_reactor_that_does_not_run_is_an_os_error(monkeypatch):
    monkeypatch.setattr(reactors, "TIMEOUT", 0.01)
    with pytest.raises(OSError, match="does not run"):
        monitor.start(0, SelectReactor())


def test_M2_M9_one_command_then_the_end(address):
    assert ask(address, b"quit\r\nquit\n") == "Goodbye.\n"


def test_several_commands_in_one_packet_are_answered_in_order(address):
    text = ask(address, b"interactive\nhelp quit\nfoo\nquit\n")
    assert text.startswith("Interactive mode on.")
    assert text.endswith("Invalid command 'foo'\nTry \"help\".\nGoodbye.\n")


def test_a_connection_that_is_gone_leaves_nothing_in_memory(address):
    gc.disable()
    try:
        with connect(address) as sock:
            sock.sendall(b"interactive\nhelp\n" + 1000 * b"garbage\n")
            wait_until(lambda: monitor.last_listener._factory.connections, 10, lambda: "not accepted")
            (connection,) = map(weakref.ref, monitor.last_listener._factory.connections)
        wait_until(lambda: connection() is None, 10, lambda: f"held by {gc.get_referrers(connection())}")
    finally:
        gc.enable()


def test_a_peer_that_sent_all_still_gets_its_answer(address):
    # As ``echo quit | nc`` does.
    assert ask(address, b"quit\n", half_close=True) == "Goodbye.\n"
    assert ask(address, b"no newline", half_close=True) == ""


def test_a_long_answer_arrives_whole(address):
    monitor.register(lambda connection: connection.write("x" * 3_000_000), "long")
    assert len(ask(address, b"long\n")) == 3_000_000


def test_M13_K69_lines_are_limited(address):
    assert ask(address, b"x" * (protocol.LINE_LIMIT + 10)) == f"Lines are limited to {protocol.LINE_LIMIT} bytes.\n"


def test_bytes_that_are_no_text(address):
    assert ask(address, b"\xff\n") == "Invalid command '\ufffd'\nTry \"help\".\n"


def test_K69_idle_connections_are_closed(start, monkeypatch):
    monkeypatch.setattr(protocol, "IDLE_LIMIT", 0.05)
    assert ask(start(0), b"\n") == ""


def test_K69_connections_are_limited_and_room_is_made(start, monkeypatch):
    monkeypatch.setattr(protocol, "CONNECTION_LIMIT", 1)
    address = start(0)
    with connect(address) as first:
        first.sendall(b"interactive\n")
        assert first.recv(1000)
        assert ask(address, b"") == "There are 1 connections already.\n"
        first.sendall(b"quit\n")
        assert read_all(first) == "Goodbye.\n"
    assert ask(address, b"quit\n") == "Goodbye.\n"


def test_M13_what_never_ends_a_line_is_not_taken(address):
    with connect(address) as sock, pytest.raises(ConnectionError):
        sock.sendall(b"x" * 64_000_000)
    assert ask(address, b"quit\n") == "Goodbye.\n"


def test_a_peer_that_does_not_read_gets_no_more_answers(address):
    asked = []

    def much(connection):
        asked.append(1)
        connection.write("x" * 8_000_000)

    monitor.register(much)
    with connect(address) as deaf:
        deaf.sendall(b"interactive\n" + b"much\n" * 1000)
        wait_until(lambda: asked, 10, lambda: "nothing was asked")
        assert ask(address, b"quit\n") == "Goodbye.\n"
        assert len(asked) == 1
        read = 0
        while len(asked) < 3:
            read += len(deaf.recv(1_000_000))
        assert read > 8_000_000


def test_a_peer_that_does_not_read_is_dropped(start, monkeypatch):
    monkeypatch.setattr(protocol, "IDLE_LIMIT", 0.05)
    monitor.register(lambda connection: connection.write("x" * 16_000_000), "much")
    address = start(0)
    with connect(address) as deaf:
        deaf.sendall(b"much\n")
        connections = monitor.last_listener._factory.connections
        wait_until(lambda: connections, 10, lambda: "it is not connected")
        wait_until(lambda: not connections, 10, lambda: "it is still connected")


def test_thousands_of_empty_lines(address):
    assert ask(address, b"\n" * 60_000 + b"quit\n") == "Goodbye.\n"


def test_noise_from_many_at_once(address):
    """Whatever it is, it is answered or refused, and the next is served."""
    noise = random.Random(7)

    def shout():
        for _ in range(10):
            with contextlib.suppress(ConnectionError):
                ask(address, noise.randbytes(5000), half_close=True)

    crowd = [threading.Thread(target=shout) for _ in range(30)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(60)
    wait_until(lambda: not monitor.last_listener._factory.connections, 10, lambda: "some are still connected")
    assert ask(address, b"quit\n") == "Goodbye.\n"


def test_K69_a_slow_command_does_not_hold_up_others(address):
    go_on, started = threading.Event(), threading.Event()

    def slow(connection):
        started.set()
        go_on.wait(10)
        connection.write("done\n")

    monitor.register(slow)
    with connect(address) as sock:
        sock.sendall(b"slow\n")
        assert started.wait(10)
        assert ask(address, b"quit\n") == "Goodbye.\n"
        go_on.set()
        assert read_all(sock) == "done\n"


def test_M12_a_peer_that_leaves_is_no_error(address, caplog):
    connect(address).close()
    assert ask(address, b"quit\n") == "Goodbye.\n"
    assert not caplog.records


def test_M10_an_address_in_use_is_a_warning_and_false(start, caplog):
    address = start(0)
    assert start(address) is False
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("root", logging.WARNING)
    assert str(address[1]) in record.getMessage()
    assert ask(address, b"quit\n") == "Goodbye.\n"


def test_M10_other_errors_are_raised(start, tmp_path):
    with pytest.raises(OSError):
        start(str(tmp_path / "missing" / "socket"))


def test_M10_M11_a_socket_file_is_for_its_owner_and_is_replaced(start, tmp_path):
    path = tmp_path / "monitor.sock"
    assert start(str(path)) == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert start(str(path)) == str(path)
    assert ask(str(path), b"quit\n") == "Goodbye.\n"


def test_a_listener_leaves_the_socket_file_of_its_successor(start, tmp_path):
    path = tmp_path / "monitor.sock"
    start(str(path))
    first = monitor.last_listener
    start(str(path))
    first.close()
    assert ask(str(path), b"quit\n") == "Goodbye.\n"
    monitor.last_listener.close()
    assert not path.exists()


def test_M11_a_file_that_is_no_socket_is_left_alone(start, tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    assert start(str(path)) is False
    assert path.read_text() == "data"


def test_without_a_reactor_the_monitor_makes_one():
    address = monitor.start(0)
    reactor = monitor.last_listener._reactor
    assert ask(address, b"quit\n") == "Goodbye.\n"
    reactors.stop(reactor)
    with pytest.raises(OSError):
        connect(address)
