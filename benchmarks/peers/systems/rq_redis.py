"""RQ with Redis: a pool of workers, each of which forks for each job; in the safest way its jobs may be retried."""

from __future__ import annotations

from functools import cached_property
from multiprocessing import Process
from typing import Any

import redis
from rq import Queue
from rq import Retry
from rq import Worker
from rq.intermediate_queue import IntermediateQueue
from rq.worker_pool import WorkerPool

from benchmarks.peers.systems import CONCURRENCY
from benchmarks.peers.systems import System
from benchmarks.peers.systems import setting
from benchmarks.peers.systems.rows import KINDS


SAFEST = {"worker_ttl": 20, "maintenance_interval": 5, "job_monitoring_interval": 5}
"""How soon a job of a lost worker is found: after about 70 seconds; without, after up to 17 minutes."""


class RqRedis(System):
    packages = ("rq", "redis")

    @cached_property
    def queue(self) -> Any:
        return Queue(connection=redis.Redis.from_url(setting("redis")))

    def enqueue(self, kind: str, number: int) -> None:
        retry = Retry(max=3) if setting("safest") else None
        self.queue.enqueue(KINDS[kind], number, retry=retry)

    def work(self) -> None:
        """Not by the command line: only so the modules of jobs are there before the forks, as RQ's manual advises."""
        if not setting("safest"):
            WorkerPool([self.queue], self.queue.connection, num_workers=CONCURRENCY).start(logging_level="WARNING")
        workers = [Worker([self.queue], **SAFEST) for _ in range(CONCURRENCY)]  # the pool takes no such options
        processes = [Process(target=worker.work, kwargs={"logging_level": "WARNING"}) for worker in workers]
        for process in processes:
            process.start()
        for process in processes:
            process.join()

    def held(self) -> int:
        started = self.queue.started_job_registry
        taken = IntermediateQueue(self.queue.key, self.queue.connection)
        return len(self.queue) + self.queue.connection.zcard(started.key) + len(taken.get_job_ids())


SYSTEM = RqRedis()
