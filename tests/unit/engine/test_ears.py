"""A dispatcher on a storage that tells nobody of changes, as RelStorage is."""

import threading
from datetime import timedelta

import pytest
import sample_jobs
import transaction
import ZODB
from ZODB.tests.MVCCMappingStorage import MVCCMappingStorage
from ZODB.utils import p64

from zc.async_ import local
from zc.async_ import pace
from zc.async_.ears import AskingEar
from zc.async_.ears import ToldEar
from zc.async_.ears import ear_for
from zc.async_.interfaces import KEY
from zc.async_.job import Job
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


class Viewing(MVCCMappingStorage):
    """Knows whether it has a view of the database, which the server would keep for it."""

    has_view = False

    def new_instance(self):
        instance = super().new_instance()
        instance.__class__ = Viewing
        return instance

    def poll_invalidations(self):
        self.has_view = True
        return super().poll_invalidations()

    def afterCompletion(self):
        self.has_view = False


@pytest.fixture
def db():
    opened = ZODB.DB(Viewing())
    yield opened
    transaction.abort()
    opened.close()


class Bell:
    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1


@pytest.fixture
def bell():
    return Bell()


@pytest.fixture
def ear(db, bell):
    ear = ear_for(db, bell)
    ear.start()
    ear.ask()
    bell.times = 0
    yield ear
    ear.stop()


@pytest.fixture
def other_process(db):
    """A database of another process on the same data."""
    other = ZODB.DB(db.storage.new_instance())
    yield other
    other.close()


def write(db, name):
    with db.transaction() as connection:
        connection.root()[name] = 1


def test_the_ear_fits_the_storage(db, bell, tmp_path):
    told = ZODB.DB(None)
    assert isinstance(ear_for(db, bell), AskingEar)
    assert isinstance(ear_for(told, bell), ToldEar)
    told.close()


def test_it_hears_of_a_watched_object_when_it_asks(ear, bell, other_process):
    ear.watch([p64(0)])
    write(other_process, "a")
    assert bell.times == 0
    ear.ask()
    assert bell.times == 1


def test_it_hears_of_a_change_once(ear, bell, other_process):
    ear.watch([p64(0)])
    write(other_process, "a")
    ear.ask()
    ear.ask()
    assert bell.times == 1


def test_other_objects_do_not_concern_it(ear, bell, other_process):
    ear.watch([p64(1)])
    write(other_process, "a")
    ear.ask()
    assert bell.times == 0


def test_it_rings_when_nobody_knows_what_was_changed(ear, bell, monkeypatch):
    monkeypatch.setattr(ear._storage, "poll_invalidations", lambda: None)
    ear.ask()
    assert bell.times == 1


def test_it_loads_nothing_and_writes_nothing(ear, bell, other_process, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("asked for more than what was changed")

    for method in "load", "loadBefore", "loadSerial", "tpc_begin", "store":
        monkeypatch.setattr(ear._storage, method, refuse)
    ear.watch([p64(0)])
    write(other_process, "a")
    ear.ask()
    assert bell.times == 1


def test_stopped_it_asks_no_more(ear, bell, other_process):
    ear.watch([p64(0)])
    ear.stop()
    write(other_process, "a")
    ear.ask()
    ear.stop()
    assert bell.times == 0


def test_what_a_closed_database_has_released_is_not_released_again(db, ear, monkeypatch):
    def refuse():
        raise AttributeError("it is closed")

    monkeypatch.setattr(ear._storage, "release", refuse)
    db.close()
    ear.stop()


# A dispatcher


@pytest.fixture
def put_elsewhere(queue, other_process):
    """Queue a job in another process: this one's job of the same oid."""

    def put(function, *args):
        with other_process.transaction() as connection:
            oid = connection.root()[KEY][""].put(Job(function, *args))._p_oid
        transaction.begin()
        return queue._p_jar.get(oid)

    return put


def test_a_put_in_this_process_wakes_the_dispatcher_though_it_never_asks(queue, put, dispatch):
    never_ask(queue)
    dispatch(poll_interval=3600)
    for number in range(10):
        assert wait_for_result(put(sample_jobs.add, number)) == number + 2


def test_a_put_by_a_job_wakes_the_dispatcher_though_it_never_asks(queue, put, dispatch):
    never_ask(queue)
    dispatch(size=1, poll_interval=3600)
    wait_for_result(put(put_another))
    assert wait_for_result(queue._p_jar.root()["another"]) == 42


def put_another():
    root = local.getJob()._p_jar.root()
    root["another"] = local.getQueue().put(Job(sample_jobs.add, 40))


def never_ask(queue):
    queue._p_jar.root()[KEY].busy_poll_interval = timedelta(hours=1)
    transaction.commit()


def test_a_put_that_is_aborted_wakes_nobody(queue, bell, ear):
    queue.put(Job(sample_jobs.add, 1))
    transaction.abort()
    assert bell.times == 0


def test_many_puts_in_one_transaction_ring_once(queue, bell, ear):
    for number in range(100):
        queue.put(Job(sample_jobs.add, number))
    transaction.commit()
    assert bell.times == 1


def test_a_put_in_another_process_is_found_by_asking(put_elsewhere, dispatch):
    dispatch(poll_interval=3600)
    for number in range(10):
        assert wait_for_result(put_elsewhere(sample_jobs.add, number)) == number + 2


def test_the_container_of_the_queues_says_how_often_to_ask_at_most(queue, dispatch):
    one = dispatch(activate=False)
    one.poll()
    assert one._waker.pace.shortest == pace.SHORTEST
    queue._p_jar.root()[KEY].busy_poll_interval = timedelta(seconds=2)
    transaction.commit()
    one.poll()
    assert one._waker.pace.shortest == 2


def test_a_dispatcher_that_waits_asks_and_makes_no_pass(queue, dispatch, monkeypatch):
    asked = threading.Event()
    one = dispatch(activate=False)
    while one.poll():
        pass
    one._waker.ask()
    one._bell.clear()
    monkeypatch.setattr(one._waker, "ask", asked.set)
    passes = len(one.journal.polls)
    one._waker.wait(one._bell, 0.2)
    assert asked.is_set()
    assert len(one.journal.polls) == passes


def test_between_passes_the_dispatcher_holds_nothing_on_the_server(queue, dispatch):
    one = dispatch(activate=False)
    one.poll()
    assert not one._connection._storage.has_view


def test_between_jobs_a_thread_holds_nothing_on_the_server(put, dispatch):
    dispatch(size=1)
    wait_for_result(put(note_storage))
    storage = STORAGES.pop()
    wait_until(lambda: not storage.has_view, 5, lambda: "the thread keeps its view")


STORAGES = []


def note_storage():
    STORAGES.append(local.getJob()._p_jar._storage)
    assert STORAGES[-1].has_view
