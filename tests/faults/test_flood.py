"""More of everything than anybody should send."""

import random

import ledger
import pytest
import transaction
from cluster import choose_ports
from flood import ask
from flood import ask_in_flood
from flood import connect
from flood import flood

from zc.async_.testing import wait_until


pytestmark = pytest.mark.functional

NAMES = ("one", "two", "three")
MORE = 60_000
"""Kilobytes that a worker may need beyond what it began with: some large requests, the cache of its ZEO client."""


def resident(process):
    """The most memory that a process had so far, in kilobytes."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        (line,) = (line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1])


@pytest.fixture
def keep(queue, launch):
    """Lets processes queue that many jobs each, all at once."""

    def keep(count, at_once):
        for name in NAMES:
            ledger.open_book(queue._p_jar.root(), name)
        transaction.commit()
        return [launch("ledger_keeper", name, count, at_once) for name in NAMES]

    return keep


def all_are_done_once(queue, count, keepers, seconds):
    assert [keeper.wait(seconds) for keeper in keepers] == [0] * len(keepers)
    wait_until(lambda: ledger.is_idle(queue), seconds, lambda: f"{len(queue)} wait, {ledger.done(queue)} are done")
    ledger.check(queue, **dict.fromkeys(NAMES, count))


def test_jobs_go_on_while_the_monitor_is_flooded(queue, keep, start_worker, full):
    (port,) = choose_ports(None)
    worker = start_worker(poll_interval=1, port=port)
    wait_until(lambda: '"RUNNING"' in ask(port, "async status"), 20, lambda: "no monitor")
    before = resident(worker)
    count = 1000 if full else 50
    with flood(lambda: connect(port), random.Random(7)):
        keepers = keep(count, 1)
        all_are_done_once(queue, count, keepers, 240)
        wait_until(lambda: '"RUNNING"' in ask_in_flood(port, "async status"), 20, lambda: "no room for a question")
    assert ask(port, "async UUID").strip() == str(next(iter(queue.dispatchers)))
    assert resident(worker) - before < MORE


def test_more_jobs_at_once_than_anybody_can_run(queue, keep, start_worker, full):
    workers = [start_worker(name, poll_interval=1) for name in NAMES[:2]]
    before = [resident(worker) for worker in workers]
    count = 3400 if full else 200
    all_are_done_once(queue, count, keep(count, 100), 400)
    assert all(resident(worker) - least < MORE for worker, least in zip(workers, before, strict=True))
