"""The helpers for tests that are shipped to users."""

import gc
import io
import logging
import os
import signal
import threading
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import pytest
import sample_jobs
import transaction
import zope.component

from zc.async_ import clock
from zc.async_ import dispatcher as dispatchers
from zc.async_ import ftesting
from zc.async_ import instanceuuid
from zc.async_ import local
from zc.async_ import testing
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import IUUID
from zc.async_.job import Job
from zc.async_.subscribers import ThreadedDispatcherInstaller


@pytest.fixture
def functional(connection, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    yield connection
    sample_jobs.GATES.open_all()
    ftesting.tearDown()
    sample_jobs.GATES.reset()


# Waiters


def test_waiters_say_what_they_miss(put, queue):
    job = put(sample_jobs.add, 1)
    for waiter, words in [
        (testing.wait_for_start, "job never started"),
        (testing.wait_for_result, r"job never completed \(pending-status\)"),
    ]:
        with pytest.raises(AssertionError, match=words):
            waiter(job, seconds=0)
    with pytest.raises(AssertionError, match="annotation never found"):
        testing.wait_for_annotation(job, "x", seconds=0)


def test_wait_for_annotation(put, dispatch, release):
    dispatch()
    job = put(tell_and_hold, "told")
    assert testing.wait_for_annotation(job, "word") == "hello"
    assert job.status != COMPLETED
    release("told")


def tell_and_hold(name):
    local.setLiveAnnotation("word", "hello")
    return sample_jobs.hold(name)


def test_wait_for_deactivation(dispatch, queue):
    one = dispatch()
    with pytest.raises(AssertionError, match="dispatcher never deactivated"):
        testing.wait_for_deactivation(one, seconds=0)
    threading.Timer(0.05, one.deactivate).start()
    testing.wait_for_deactivation(one)


def test_wait_for_death(queue, dispatch, stopped_clock):
    one = dispatch(activate=False)
    one.poll()
    transaction.begin()
    record = queue.dispatchers[one.UUID]
    with pytest.raises(AssertionError, match="dispatcher agent never died"):
        testing.wait_for_death(record, seconds=0)
    stopped_clock.advance(minutes=2)
    testing.wait_for_death(record)


def test_get_poll(dispatch, queue):
    one = dispatch(poll_interval=0.02)
    first = testing.get_poll(one, 0)
    assert testing.get_poll(one).key < first.key
    assert testing.get_poll(one, one.journal.recorded - 1) in one.polls
    with pytest.raises(AssertionError, match="no poll!"):
        testing.get_poll(one, one.journal.recorded + 1000, seconds=0)


def test_E119_tearing_down_names_the_job_that_hangs(connection, put, dispatch, release):
    one = dispatch()
    job = put(sample_jobs.hold, "hangs")
    testing.wait_for_start(job)
    testing.wait_until(one.getActiveJobIds, 5, lambda: "not begun")
    with pytest.raises(testing.TearDownDispatcherError, match=r"Job in pool 'main' failed to stop: .*hold\('hangs'\)"):
        testing.tear_down_dispatcher(one, timeout=0.1)
    release("hangs")
    testing.wait_until(lambda: not one.getActiveJobIds(), 5, lambda: "not ended")
    testing.tear_down_dispatcher(one)


def test_E119_a_reactor_that_does_not_end_is_named(db, queue, log):
    class Stubborn:
        def __init__(self):
            self.ended = threading.Event()

        def run(self, installSignalHandlers):
            self.ended.wait(20)

        def callFromThread(self, function):
            pass

        def stop(self):
            pass

    zope.component.provideUtility(instanceuuid.current(), IUUID)
    one = ThreadedDispatcherInstaller(reactor_factory=Stubborn, signals=False)(dispatchers_event(db))
    with pytest.raises(testing.TearDownDispatcherError, match=rf"Dispatcher \(.*, {one.UUID}\) failed to stop\."):
        testing.tear_down_dispatcher(one, timeout=0.1)
    one.reactor.ended.set()
    one.thread.join()
    testing.tear_down_dispatcher(one)


def dispatchers_event(db):
    from zc.async_.interfaces import DatabaseOpened

    return DatabaseOpened(db)


def test_print_logs(capsys):
    logger = logging.getLogger("zc.async")
    level = logger.level
    file = io.StringIO()
    handlers = [testing.print_logs(file, logging.INFO), testing.print_logs()]
    try:
        logging.getLogger("zc.async.events").info("quiet")
        logging.getLogger("zc.async.trace").critical("loud")
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
        logger.setLevel(level)
    assert file.getvalue() == "quiet\nloud\n"
    assert capsys.readouterr().out == "loud\n"


# Clock and reactor


@pytest.fixture
def reactor():
    made = testing.Reactor()
    made.start()
    yield made
    if made.running:
        made.stop()


def test_the_clock_can_be_set():
    testing.setUpDatetime()
    try:
        assert clock.now() == datetime(2006, 8, 10, 15, 44, 22, 211, tzinfo=timezone.utc)
        testing.set_now(datetime(2026, 1, 1))
        assert clock.now() == datetime(2026, 1, 1, tzinfo=timezone.utc)
    finally:
        testing.tearDownDatetime()
    assert clock.now() > datetime(2026, 1, 2, tzinfo=timezone.utc)


def test_a_reactor_must_be_started():
    reactor = testing.Reactor()
    done = []
    for call in (reactor.callFromThread, reactor.callInThread, lambda function: reactor.callLater(1, function)):
        with pytest.raises(ValueError, match="not started"):
            call(print)
    reactor.callWhenRunning(done.append, "running")
    reactor.addSystemEventTrigger("before", "shutdown", done.append, "shutdown")
    with pytest.raises(ValueError, match="only 'before', 'shutdown' is known"):
        reactor.addSystemEventTrigger("after", "shutdown", print)
    reactor.start()
    reactor.callWhenRunning(done.append, "at once")
    reactor.stop()
    assert done == ["running", "at once", "shutdown"]


def test_time_flies(reactor):
    done = []
    start = clock.now()
    reactor.callLater(5, lambda: done.append(clock.now() - start))
    reactor.callLater(2, lambda: reactor.callLater(1, lambda: done.append(clock.now() - start)))
    cancelled = reactor.callLater(1, done.append, "cancelled")
    cancelled.cancel()
    assert reactor.time_passes() is False
    assert reactor.time_flies(4) == 3
    assert done == [timedelta(seconds=3)]
    assert clock.now() - start == timedelta(seconds=4)
    assert reactor.time_flies(4) == 1
    reactor.callFromThread(done.append, "soon")
    assert reactor.time_passes() is True
    assert done == [timedelta(seconds=3), timedelta(seconds=5), "soon"]


def test_threads_of_a_reactor(reactor):
    done = threading.Event()
    reactor.callInThread(done.set)
    assert done.wait(5)


def test_waiting_for_a_scheduled_job_with_a_stopped_clock(reactor, put, dispatch, capsys):
    dispatch(poll_interval=3600)
    job = put(sample_jobs.add, 1, begin_after=clock.now() + timedelta(hours=1))
    assert reactor.wait_for(job, attempts=2, poll_interval=1) is False
    assert capsys.readouterr().out == "TIME OUT\n"
    assert reactor.wait_for(job, attempts=3, poll_interval=1800) is True


# ftesting


def test_E120_functional_set_ups_can_be_repeated(functional):
    before = open_pipes()
    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    for number in range(3):
        one = ftesting.setUp(functional, log_file=None)
        assert one.activated
        queue = functional.root()["zc.async"][""]
        transaction.begin()
        job = queue.put(Job(sample_jobs.add, number))
        transaction.commit()
        assert testing.wait_for_result(job) == number + 2
        ftesting.tearDown()
        assert dispatchers.registered() == ()
        assert zope.component.queryUtility(IUUID) is None
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers
    assert not os.path.exists("uuid.txt")
    assert open_pipes() <= before


def open_pipes():
    """How many sockets and pipes are open, where the system tells; without those of other tests' garbage."""
    gc.collect()
    folder = Path("/proc/self/fd")
    found = [os.readlink(link) for link in folder.iterdir() if link.is_symlink()] if folder.exists() else []
    return len([name for name in found if name.startswith(("socket:", "pipe:"))])


root_folder = None


def getRootFolder():
    return root_folder


def test_ftesting_finds_the_database_by_the_callers_root_folder(functional, capsys):
    global root_folder
    root_folder = functional.root()
    ftesting.setUp(log_level=logging.INFO)
    ftesting.tearDown()
    assert "attempting to activate dispatcher" in capsys.readouterr().out
    logging.getLogger("zc.async").setLevel(logging.NOTSET)


def test_E119_ftesting_tells_what_hangs_and_cleans_up(functional, monkeypatch):
    monkeypatch.setattr(ftesting.tear_down_dispatcher, "__defaults__", (0.1,))
    one = ftesting.setUp(functional, log_file=None)
    job = functional.root()["zc.async"][""].put(Job(sample_jobs.hold, "stuck"))
    transaction.commit()
    testing.wait_for_start(job)
    testing.wait_until(one.getActiveJobIds, 5, lambda: "not begun")
    with pytest.raises(testing.TearDownDispatcherError, match="stuck"):
        ftesting.tearDown()
    assert dispatchers.registered() == ()
    assert zope.component.queryUtility(IUUID) is None
    sample_jobs.GATES["stuck"].set()
    testing.wait_until(lambda: not one.getActiveJobIds(), 5, lambda: "not ended")
