"""The disk of the ZEO server is full, and then there is room again."""

import ledger
import pytest
import sample_jobs
import transaction
from ZEO.Exceptions import ServerException

from zc.async_.job import Job
from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional

ROOM = 20_000
FULL = "the database server is away: ('builtins.OSError', (27, 'File too large'))"


@pytest.fixture
def count(queue, full):
    """Has jobs wait; their number."""
    ledger.open_book(queue._p_jar.root(), "book")
    transaction.commit()
    count = 1000 if full else 100
    ledger.enter(queue, "book", range(count), 0.02)
    return count


@pytest.fixture
def worker(zeo, queue, count, start_worker):
    """A worker that has begun with the jobs, and cannot go on."""
    worker = start_worker(poll_interval=0.5)
    zeo.leave_room(ROOM)
    wait_until(lambda: worker.output().count(FULL) > 3, 30, lambda: f"it does not notice: {worker.tail()}")
    return worker


def all_are_done_once(queue, count, worker):
    wait_until(queue._p_jar.db().storage.is_connected, 60, lambda: "the test itself has no connection")
    wait_until(lambda: ledger.is_idle(queue), 90, lambda: f"{len(queue)} jobs wait, {ledger.done(queue)} are done")
    ledger.check(queue, book=count)
    assert ledger.rescues(queue) == 0
    assert worker.exit_code is None


def test_jobs_wait_until_there_is_room(zeo, queue, count, worker):
    transaction.begin()
    queue.put(Job(sample_jobs.add, "x" * ROOM))
    with pytest.raises(ServerException, match="File too large"):
        transaction.commit()
    transaction.abort()
    zeo.give_room()
    all_are_done_once(queue, count, worker)


def test_a_server_that_ends_meanwhile_has_left_nothing_broken(zeo, queue, count, worker):
    zeo.process.stop()
    zeo.start()
    all_are_done_once(queue, count, worker)
