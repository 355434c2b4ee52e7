"""What jobs have done, kept so that each effect that is lost or doubled shows: a counter a job, and a log for all."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import transaction
from BTrees.IOBTree import IOBTree
from BTrees.OOBTree import OOBTree
from persistent.mapping import PersistentMapping
from sample_jobs import Counter
from transaction.interfaces import TransientError
from ZEO.Exceptions import ClientDisconnected

from zc.async_ import local
from zc.async_.interfaces import COMPLETED
from zc.async_.job import Job
from zc.async_.timeline import RESCUED


NAME = "ledger"
LOG = "log"


def book(name: str, number: int, seconds: float = 0) -> int:
    """The job: work for some seconds, count in the counter of that number, and append to the log."""
    ledger = local.getJob()._p_jar.root()[NAME]
    time.sleep(seconds)
    times = ledger[name][number].increase()
    ledger[LOG][name, number, times] = True
    return number


def open_book(root: Any, name: str) -> None:
    """Add a book that one process writes into; the caller commits."""
    ledger = root.setdefault(NAME, PersistentMapping({LOG: OOBTree()}))
    ledger[name] = IOBTree()


def enter(queue: Any, name: str, numbers: Iterable[int], seconds: float = 0, quota_names: tuple[str, ...] = ()) -> None:
    """Queue a job and make its counter for each number, in one transaction, until it is stored.

    A server that goes away in mid-commit may have stored it: the counters tell.
    """
    numbers = list(numbers)
    connection = queue._p_jar
    manager = connection.transaction_manager
    while True:
        try:
            manager.begin()
            counters = connection.root()[NAME][name]
            if numbers[0] in counters:
                return
            for number in numbers:
                counters[number] = Counter()
                job = Job(book, name, number, seconds)
                job.quota_names = quota_names
                queue.put(job)
            manager.commit()
            return
        except (ClientDisconnected, TransientError):
            manager.abort()


def done(queue: Any) -> int:
    """How many entries the log has."""
    transaction.begin()
    return len(queue._p_jar.root()[NAME][LOG])


def is_idle(queue: Any) -> bool:
    """Whether nothing waits and nobody has anything in hand."""
    transaction.begin()
    return not len(queue) and not any(len(agent) for agent in agents(queue))


def works(queue: Any, pid: int) -> bool:
    """Whether the process of that number has a job in hand."""
    transaction.begin()
    records = [record for record in queue.dispatchers.values() if record.process and record.process.pid == pid]
    return any(len(agent) for record in records for agent in record.values())


def agents(queue: Any) -> list[Any]:
    return [agent for record in queue.dispatchers.values() for agent in record.values()]


def filed(queue: Any) -> list[Any]:
    """All jobs that have ended, as often as they are filed."""
    return [job for record in queue.dispatchers.values() for job in filed_by(record)]


def filed_by(record: Any) -> list[Any]:
    """All jobs that have ended with one dispatcher."""
    return [job for agent in record.values() for job in (*agent.completed, *agent.ended())]


def rescues(queue: Any) -> int:
    """How often a job was taken from a worker that was gone."""
    transaction.begin()
    return sum(job.interruptions for job in filed(queue))


def check(queue: Any, **counts: int) -> None:
    """All books are in order: as many jobs as that by book, each done once and filed once, and nothing is left over."""
    transaction.begin()
    ledger = queue._p_jar.root()[NAME]
    for name, count in counts.items():
        assert list(ledger[name]) == list(range(count))
        assert [number for number, counter in ledger[name].items() if counter.value != 1] == []
    assert list(ledger[LOG]) == sorted((name, number, 1) for name in counts for number in range(counts[name]))
    assert list(queue) == []
    assert [job for agent in agents(queue) for job in agent] == []
    assert {name: len(quota) for name, quota in queue.quotas.items() if len(quota)} == {}
    jobs = [job for job in filed(queue) if job.callable is book]
    assert sorted(job.args[:2] for job in jobs) == sorted([name, n] for name in counts for n in range(counts[name]))
    assert [job for job in jobs if (job.status, job.result) != (COMPLETED, job.args[1])] == []
    assert [job for job in jobs if [line.what for line in job.timeline].count(RESCUED) != job.interruptions] == []
