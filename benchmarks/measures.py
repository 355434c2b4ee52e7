"""What is measured. Each function takes a running server with an empty queue and returns figures."""

from __future__ import annotations

import operator
import os
import statistics
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import transaction
import zope.component
import zope.component.event
from persistent.mapping import PersistentMapping
from ZODB.Connection import Connection

from benchmarks.cluster import Server
from benchmarks.cluster import end
from benchmarks.storage import new_objects_per_put
from zc.async_ import clock
from zc.async_.agent import Agent
from zc.async_.connections import fetch
from zc.async_.dispatcher import Dispatcher
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.job import Job
from zc.async_.queue import Queue
from zc.async_.subscribers import AgentInstaller
from zc.async_.subscribers import queue_installer
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


def open_queue(server: Server) -> tuple[Connection, Queue]:
    """A client's connection and the queue, which is made if need be."""
    db = server.open()
    queue_installer(DatabaseOpened(db))
    connection = db.open()
    return connection, connection.root()[KEY][""]


def close(connection: Connection) -> None:
    """Close a connection together with its database."""
    transaction.abort()
    connection.close()
    connection.db().close()


def commit_rate(server: Server, count: int = 300) -> float:
    """Commits a second of one client that changes one small object again and again."""
    db = server.open()
    connection = db.open()
    counter = connection.root()["counter"] = PersistentMapping()
    transaction.commit()
    started = time.perf_counter()
    for number in range(count):
        counter["number"] = number
        transaction.commit()
    seconds = time.perf_counter() - started
    close(connection)
    return count / seconds


def latency(server: Server, count: int = 100) -> tuple[float, float]:
    """Median and 95th percentile of the milliseconds from the end of the queuing commit to the job's start, idle."""
    worker = server.client("benchmarks.worker", 3)
    connection, queue = open_queue(server)
    waits = []
    for _ in range(count):
        transaction.begin()
        job = queue.put(Job(time.time))
        transaction.commit()
        committed = time.time()
        waits.append((wait_for_result(job, 30) - committed) * 1000)
    end(worker)
    close(connection)
    return median_and_95th(waits)


def median_and_95th(values: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]


def drain_rate(server: Server, count: int = 500) -> float:
    """No-op jobs a second: one client queues one by one, one worker with three threads runs them meanwhile."""
    worker = server.client("benchmarks.worker", 3)
    connection, queue = open_queue(server)
    started = time.time()
    jobs = []
    for number in range(count):
        transaction.begin()
        jobs.append(queue.put(Job(operator.add, 1, number)))
        transaction.commit()
    seconds = _drained(connection, jobs) - started
    end(worker)
    close(connection)
    return count / seconds


def _drained(connection: Connection, jobs: list[Job]) -> float:
    """Wait until all jobs are completed; the time of the last one's commit.

    Commits know it themselves: loading the jobs to find them completed would take a third as long again as doing them.
    """
    wait_until(lambda: _all_completed(connection, jobs), 120, lambda: "the jobs were not drained")
    return max(job._p_mtime for job in jobs)


def _all_completed(connection: Connection, jobs: list[Job]) -> bool:
    connection.transaction_manager.begin()
    if not jobs[-1].is_completed:
        return False
    fetch(jobs)
    return all(job.is_completed for job in jobs)


def conflicts(server: Server, processes: int = 4, each: int = 250) -> int:
    """Conflicts of so many processes that queue so many jobs each at the same time, while a worker takes them."""
    close(open_queue(server)[0])
    worker = server.client("benchmarks.worker", 3)
    enqueuers = [server.client("benchmarks.enqueuer", each) for _ in range(processes)]
    for process in enqueuers:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    found = sum(int(end(process)) for process in enqueuers)
    end(worker)
    return found


def footprint(server: Server, count: int = 100) -> tuple[float, float]:
    """Objects a plain job adds when it is queued, and bytes of storage from its queuing to its completion."""
    worker = server.client("benchmarks.worker", 3)
    connection, queue = open_queue(server)
    _queue_and_wait(queue, 0)  # makes the connection's shard
    size = server.size
    jobs = [_queue_and_wait(queue, number) for number in range(count)]
    grown = server.size - size
    end(worker)
    close(connection)
    return new_objects_per_put(server.file, jobs), grown / count


def _queue_and_wait(queue: Queue, number: int) -> bytes:
    transaction.begin()
    job = queue.put(Job(operator.add, 1, number))
    transaction.commit()
    wait_for_result(job, 30)
    return job._p_oid


def claim_cost(server: Server, waiting: int) -> float:
    """Milliseconds of a claim pass, in median, while so many jobs wait behind a full quota."""
    connection, queue = open_queue(server)
    queue.quotas.create("full", 1)
    record = queue.dispatchers.register(uuid.uuid4())
    record["main"] = agent = Agent(size=10**6)
    record.ping_death_interval = timedelta(hours=1)
    record.activate()
    transaction.commit()
    _fill(queue, waiting)
    while len(agent) + sum(len(shard) for shard in queue.shards.values()) > 1:
        agent.claim_jobs(3)
        transaction.commit()
    times = []
    for number in range(30):
        queue.put(Job(operator.add, 1, number))
        transaction.commit()
        started = time.perf_counter()
        claims, _ = agent.claim_jobs(3)
        transaction.commit()
        times.append((time.perf_counter() - started) * 1000)
        if len(claims) != 1:
            raise SystemExit(f"one job should have been claimed, not {len(claims)}")
    close(connection)
    return statistics.median(times)


def _fill(queue: Queue, waiting: int) -> None:
    for number in range(waiting):
        job = Job(operator.add, 1, number)
        job.quota_names = ("full",)
        queue.put(job)
        if number % 1000 == 999:
            transaction.commit()
            queue._p_jar.cacheMinimize()
    transaction.commit()


def idle_growth(server: Server, hour: timedelta = timedelta(hours=1)) -> float:
    """Bytes that an idle dispatcher adds to the storage in an hour of passes, at a ping interval of 120 s.

    Its passes are made here, without threads, while the clock goes ahead by the poll interval from one to the next.
    """
    connection, queue = open_queue(server)
    queue.parent.ping_interval = timedelta(seconds=120)
    transaction.commit()
    zope.component.provideHandler(AgentInstaller("main"), [IDispatcherActivated])
    db = server.open()
    dispatcher = Dispatcher(db, uuid=uuid.uuid4())
    dispatcher.prepare()
    dispatcher.poll()  # registers
    dispatcher.poll()  # watches what the first has made
    size, interval = server.size, timedelta(seconds=dispatcher.poll_interval)
    for number in range(1, hour // interval + 1):
        with clock.ahead(number * interval):
            dispatcher.poll()
    grown = server.size - size
    transaction.begin()
    record = queue.dispatchers[dispatcher.UUID]
    if "main" not in record or record.last_ping.value < clock.now() + hour - timedelta(minutes=3):
        raise SystemExit("the dispatcher did not work as a worker's does")
    dispatcher.deactivate()
    db.close()
    close(connection)
    return grown


def speed_up(server: Server, workers: int, each: int = 120) -> float:
    """Jobs a second of so many workers, each with one thread, on jobs that wait 50 ms."""
    running = [server.client("benchmarks.worker", 1) for _ in range(workers)]
    connection, queue = open_queue(server)
    jobs = [queue.put(Job(time.sleep, 0.05)) for _ in range(each * workers)]
    transaction.commit()
    started = time.time()
    seconds = _drained(connection, jobs) - started
    for process in running:
        end(process)
    close(connection)
    return each * workers / seconds


@dataclass
class LongRun:
    """What a worker's memory (MB) and the storage (bytes) were like in a run of many jobs."""

    memory_early: float
    memory_end: float
    grown: float
    packed: float


def long_run(server: Server, count: int = 20_000, early: int = 5_000) -> LongRun:
    """Memory of a worker after some jobs and after all; bytes a job in the storage, before and after packing."""
    worker = server.client("benchmarks.worker", 3)
    connection, queue = open_queue(server)
    size = server.size
    memory = 0.0
    for start in range(0, count, 100):
        jobs = []
        for number in range(start, start + 100):
            transaction.begin()
            jobs.append(queue.put(Job(operator.add, 1, number)))
            transaction.commit()
        _drained(connection, jobs)
        if start + 100 == early:
            memory = resident(worker.pid)
    grown = server.size - size
    at_end = resident(worker.pid)
    connection.db().pack()
    packed = server.size
    end(worker)
    close(connection)
    return LongRun(memory, at_end, grown / count, packed / count)


def resident(pid: int) -> float:
    """MB of memory that a process uses."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
