"""Whether a process does its work, in plain words."""

import threading

import pytest
import sample_jobs
from asking import answer
from ZEO.Exceptions import ClientDisconnected

from zc.async_ import health
from zc.async_ import instanceuuid
from zc.async_.monitor import async_
from zc.async_.testing import wait_until


class Away:
    """The storage of a database whose server is away, or not."""

    def __init__(self, storage):
        self._storage = storage
        self.is_there = False

    def is_connected(self):
        return self.is_there

    def __getattr__(self, name):
        return getattr(self._storage, name)


@pytest.fixture
def still(connection, dispatch, stopped_clock):
    """A dispatcher that works when the test lets it."""
    return dispatch(activate=False)


@pytest.fixture
def failing(still, monkeypatch):
    """The same; its next passes fail with the error that it gets."""

    def fail_with(error):
        def step(*args):
            raise error

        monkeypatch.setattr(still._heartbeat, "step", step)
        with pytest.raises(type(error)):
            still.poll()
        return still

    return fail_with


def test_before_its_first_pass_it_is_alive_and_not_ready(still):
    assert health.liveness(still).ok
    ready = health.readiness(still)
    assert (ready.ok, "has not looked for jobs yet" in ready.words) == (False, True)


def test_at_work_it_is_alive_and_ready(still):
    still.poll()
    assert health.liveness(still) == (True, f"dispatcher {still.UUID} is RUNNING")
    assert health.readiness(still) == (True, f"dispatcher {still.UUID} looked for jobs 0 s ago")


def test_one_that_hangs_is_neither(still, stopped_clock):
    still.poll()
    stopped_clock.advance(seconds=45)
    expected = (False, f"dispatcher {still.UUID} has not looked for jobs for 45 s: it hangs")
    assert health.liveness(still) == expected
    assert health.readiness(still) == expected


def test_one_whose_passes_fail_says_why(still, failing, stopped_clock):
    still.poll()
    failing(LookupError("who knows what"))
    stopped_clock.advance(seconds=45)
    alive = health.liveness(still)
    assert not alive.ok
    assert alive.words.endswith("for 45 s: the latest pass failed with LookupError")


def test_one_that_goes_on_is_well_again(still, failing, stopped_clock, monkeypatch):
    failing(LookupError())
    monkeypatch.undo()
    still.poll()
    assert still.journal.trouble is None


def test_one_whose_server_is_away_is_alive_but_not_ready(still, failing, stopped_clock):
    still.poll()
    failing(ClientDisconnected())
    stopped_clock.advance(seconds=45)
    assert health.liveness(still) == (
        True,
        f"the server of database 'unnamed' is away; dispatcher {still.UUID} waits for it",
    )
    assert health.readiness(still) == (False, "the server of database 'unnamed' is away")


def test_a_storage_that_knows_is_asked_before_a_pass_fails(still, db, stopped_clock):
    still.poll()
    db.storage = Away(db.storage)
    stopped_clock.advance(seconds=45)
    assert health.liveness(still).ok
    assert not health.readiness(still).ok
    assert health.connection(db) == (False, "the server of database 'unnamed' is away")
    db.storage.is_there = True
    assert health.connection(db) == (True, "database 'unnamed' is connected")
    assert not health.liveness(still).ok


def test_a_file_has_no_server(db):
    assert health.connection(db) is None


def test_one_that_has_ended_in_order_is_no_reason_to_kill_its_process(connection, dispatch):
    dispatcher = dispatch()
    dispatcher.deactivate(5)
    assert health.liveness(dispatcher).ok
    assert health.readiness(dispatcher) == (False, f"dispatcher {dispatcher.UUID} has ended")


def test_one_that_waits_for_its_last_jobs_does_not_hang(
    connection, put, dispatch, release, wait_for_arrival, stopped_clock
):
    dispatcher = dispatch()
    put(sample_jobs.mark_and_hold, "a")
    wait_for_arrival("a")
    end = threading.Thread(target=dispatcher.deactivate, args=(60,))
    end.start()
    try:
        wait_until(dispatcher.stopping.is_set, 6, lambda: "does not begin to end")
        stopped_clock.advance(seconds=45)
        assert health.liveness(dispatcher) == (True, f"dispatcher {dispatcher.UUID} is ending")
        assert health.readiness(dispatcher) == (False, f"dispatcher {dispatcher.UUID} is ending")
    finally:
        release("a")
        end.join()
    assert health.readiness(dispatcher) == (False, f"dispatcher {dispatcher.UUID} has ended")


def test_the_monitor_tells(connection, dispatch, stopped_clock):
    dispatcher = dispatch(activate=False, uid=instanceuuid.current())
    dispatcher.poll()
    told = answer(async_, "health")
    assert (told["live"], told["ready"]) == (True, True)
    stopped_clock.advance(seconds=45)
    told = answer(async_, "health")
    assert (told["live"], told["ready"]) == (False, False)
    assert told["words"]["live"].endswith("it hangs")
