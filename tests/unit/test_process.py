"""The Zope process: server or script, and its end."""

import logging
import signal
import sys
import threading
from types import SimpleNamespace

import pytest
import Zope2

from plone.app.async_ import process
from zc.async_ import signals


@pytest.fixture(autouse=True)
def zope(monkeypatch):
    monkeypatch.setattr(Zope2, "opened", [])
    monkeypatch.setattr(process.atexit, "register", lambda function: None)
    monkeypatch.delitem(sys.modules, process.CONSOLE, raising=False)
    defaults = {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, default) for number, default in defaults.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(signals, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def exits(monkeypatch):
    """The exit codes with which the process would have ended at once."""
    exits = []
    monkeypatch.setattr(signals, "os", SimpleNamespace(_exit=exits.append))
    return exits


class Database:
    def __init__(self, log, name, error=None):
        self.log, self.name, self.error = log, name, error

    def close(self):
        self.log.append(self.name)
        if self.error:
            raise self.error


def end_of_server():
    """As ``Zope2.Startup.serve`` ends."""
    for database in Zope2.opened:
        database.close()


def test_a_server_is_no_script():
    assert process.is_server()


def test_zconsole_is_no_server(monkeypatch):
    monkeypatch.setitem(sys.modules, process.CONSOLE, SimpleNamespace())
    assert not process.is_server()


def test_zconsole_as_a_module_is_no_server(monkeypatch):
    main = SimpleNamespace(__spec__=SimpleNamespace(name=process.CONSOLE))
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert not process.is_server()


@pytest.mark.parametrize(("value", "seconds"), [(None, 5.0), ("", 5.0), ("2.5", 2.5), ("0", 0.0), ("-3", 0.0)])
def test_grace(monkeypatch, value, seconds):
    if value is None:
        monkeypatch.delenv(process.GRACE, raising=False)
    else:
        monkeypatch.setenv(process.GRACE, value)
    assert process.grace_seconds() == seconds


@pytest.mark.parametrize(("value", "seconds"), [("", 40.0), ("2.5", 2.5), ("soon", 40.0)])
def test_grace_is_what_the_queues_say_unless_the_environment_does(monkeypatch, value, seconds):
    monkeypatch.setenv(process.GRACE, value)
    assert process.grace_seconds(40.0) == seconds


def test_nonsense_for_grace_is_told(monkeypatch, caplog):
    monkeypatch.setenv(process.GRACE, "soon")
    assert process.grace_seconds() == process.DEFAULT_GRACE
    assert "'soon'" in caplog.text


def test_stopping_comes_before_the_databases_and_only_once():
    log = []
    Zope2.opened.append(Database(log, "main"))
    process.before_databases_close(lambda: not log.append("stop"))
    end_of_server()
    end_of_server()
    assert log == ["stop", "main", "main"]


def test_at_exit_stops_where_the_server_does_not(monkeypatch):
    functions, log = [], []
    monkeypatch.setattr(process.atexit, "register", functions.append)
    process.before_databases_close(lambda: not log.append("stop"))
    functions[0]()
    end_of_server()
    assert log == ["stop"]


def test_databases_are_closed_whatever_happens(caplog):
    log = []
    Zope2.opened.append(Database(log, "main", AttributeError("release")))
    Zope2.opened.append(Database(log, "other"))

    def stop():
        raise RuntimeError("stuck")

    process.before_databases_close(stop)
    end_of_server()
    assert log == ["main", "other"]
    assert "Could not stop cleanly" in caplog.text
    assert "in use when it was closed" in caplog.text


def test_a_database_that_is_still_used_does_not_spoil_the_end(caplog):
    log = []
    Zope2.opened.append(Database(log, "main", AttributeError("release")))
    process.before_databases_close(lambda: False)
    end_of_server()
    assert log == ["main"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_errors_of_unused_databases_are_not_hidden():
    Zope2.opened.append(Database([], "main", OSError("disk full")))
    process.before_databases_close(lambda: True)
    with pytest.raises(OSError, match="disk full"):
        end_of_server()


@pytest.mark.parametrize(("number", "error"), [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)])
def test_a_signal_ends_the_process_in_order(number, error):
    ending = process.handle_signals()
    assert not ending.asked
    with pytest.raises(error) as caught:
        signal.raise_signal(number)
    assert getattr(caught.value, "code", 0) == 0
    assert ending.asked


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(clock, exits, first, second):
    process.handle_signals()
    with pytest.raises((SystemExit, KeyboardInterrupt)):
        signal.raise_signal(first)
    clock.now += 1
    signal.raise_signal(second)
    assert exits == [128 + second]


def test_a_signal_that_comes_twice_for_one_act_is_one(clock, exits):
    """Ctrl-C reaches the whole process group, and a parent may pass it on as well."""
    process.handle_signals()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    clock.now += 0.1
    signal.raise_signal(signal.SIGINT)
    assert exits == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda number, frame: None])
def test_signals_are_left_to_who_handles_them(number, handler):
    signal.signal(number, handler)
    process.handle_signals()
    assert signal.getsignal(number) is handler


def test_signals_are_left_alone_in_other_threads():
    endings = []
    thread = threading.Thread(target=lambda: endings.append(process.handle_signals()))
    thread.start()
    thread.join()
    assert not endings[0].asked
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
