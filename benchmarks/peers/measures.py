"""What is measured. Each function takes a system without a worker and returns figures."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.measures import median_and_95th
from benchmarks.peers.peer import Peer
from benchmarks.peers.peer import has_all
from benchmarks.peers.peer import has_some
from benchmarks.peers.systems.work import HALF


PAUSE = 0.1
"""Seconds that a worker is idle before a job whose latency is measured."""
DRAIN_LIMIT = 300
CRASHES = 5
CALM = 5
"""Seconds after which a system that knows of no job will not do one any more."""

Figures = dict[str, float]


@dataclass(frozen=True)
class Counts:
    """How much of everything."""

    latency: int
    drain: int
    crash: int
    crash_limit: float
    """Seconds in which jobs may come back after the last crash."""


def latency(peer: Peer, counts: Counts) -> Figures:
    """Milliseconds to the start of a job on an idle worker, from the end and from the beginning of its queuing."""
    peer.start_worker()
    peer.warm_up()
    from_end, from_begin = [], []
    for number in range(counts.latency):
        time.sleep(PAUSE)
        begun, ended = peer.enqueue("note", number, 1)
        marks = peer.wait_for(has_all([number]), 60)
        if marks is None:
            raise peer.failure("did not start a job")
        from_end.append((marks[number] - ended) * 1000)
        from_begin.append((marks[number] - begun) * 1000)
    median, high = median_and_95th(from_end)
    return {"latency": median, "latency_95": high, "latency_from_begin": median_and_95th(from_begin)[0]}


def _drain(peer: Peer, kind: str, count: int) -> tuple[float, float]:
    """Jobs a second from the first one queued to the last one there; milliseconds to queue one."""
    peer.start_worker()
    peer.warm_up()
    begun, ended = peer.enqueue(kind, 0, count)
    marks = peer.wait_for(has_all(range(count)), DRAIN_LIMIT)
    if marks is None:
        raise peer.failure(f"did not drain {count} jobs in {DRAIN_LIMIT} s")
    return count / (max(marks[number] for number in range(count)) - begun), (ended - begun) / count * 1000


def no_op(peer: Peer, counts: Counts) -> Figures:
    """Jobs that do nothing, queued one by one while a worker runs them."""
    rate, queuing = _drain(peer, "note", counts.drain)
    return {"no_op": rate, "no_op_queuing": queuing}


def durable(peer: Peer, counts: Counts) -> Figures:
    """Jobs that commit one row or object each."""
    rate, queuing = _drain(peer, "row", counts.drain)
    rows = peer.ask("rows")
    if sorted(rows) != list(range(counts.drain)):
        raise peer.failure(f"has {len(rows)} rows after {counts.drain} jobs")
    return {"durable": rate, "durable_queuing": queuing}


def crash(peer: Peer, counts: Counts) -> Figures:
    """What became of slow jobs that commit a row each, when the worker is killed again and again and started at once.

    ``lost`` are those without a row of which the system does not know either; ``held`` those without a row that it
    still knows of when the time is over. ``recovery`` are the seconds from the last crash to the last row.
    """
    numbers = range(counts.crash)
    peer.start_worker()
    peer.warm_up()
    peer.enqueue("slow_row", 0, counts.crash)
    for part in range(1, CRASHES + 1):
        peer.wait_for(has_some(counts.crash * part // (CRASHES + 1)), 60)
        time.sleep(random.uniform(0, 2 * HALF))  # all parts of a job are hit alike
        peer.kill()
        crashed = time.time()
        peer.start_worker()
    peer.wait_drained(counts.crash_limit, CALM)
    peer.kill()
    marks, rows = peer.marks(), Counter(peer.ask("rows"))
    missing = sum(1 for number in numbers if number not in rows)
    held = min(missing, peer.ask("held"))
    figures = {
        "jobs": float(counts.crash),
        "doubled": float(sum(1 for found in rows.values() if found > 1)),
        "lost": float(missing - held),
        "held": float(held),
    }
    if not missing:
        figures["recovery"] = max(marks[number] for number in numbers) - crashed
    return figures


MEASURES: dict[str, Callable[[Peer, Counts], Figures]] = {
    measure.__name__: measure for measure in (latency, no_op, durable, crash)
}
