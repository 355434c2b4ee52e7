"""The Zope process: server or script, and its end."""

import logging
import signal
import sys
import threading
from types import SimpleNamespace

import pytest
import Zope2

from plone.app.async_ import process


@pytest.fixture(autouse=True)
def zope(monkeypatch):
    monkeypatch.setattr(Zope2, "opened", [])
    monkeypatch.setattr(process.atexit, "register", lambda function: None)
    monkeypatch.delitem(sys.modules, process.CONSOLE, raising=False)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


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


def test_sigterm_ends_the_process_in_order_and_a_second_one_does_not_hurry_it():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    process.handle_sigterm()
    with pytest.raises(SystemExit) as caught:
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 0
    signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda number, frame: None])
def test_sigterm_is_left_to_who_handles_it(handler):
    signal.signal(signal.SIGTERM, handler)
    process.handle_sigterm()
    assert signal.getsignal(signal.SIGTERM) is handler


def test_sigterm_is_left_alone_in_other_threads():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    errors = []
    thread = threading.Thread(target=lambda: errors.append(process.handle_sigterm()))
    thread.start()
    thread.join()
    assert errors == [None]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
