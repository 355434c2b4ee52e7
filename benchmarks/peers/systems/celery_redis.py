"""Celery with Redis: messages are acknowledged before the job begins, or, in the safest way, after its end."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import Any

import redis
from celery import Celery

from benchmarks.peers.systems import CONCURRENCY
from benchmarks.peers.systems import System
from benchmarks.peers.systems import setting
from benchmarks.peers.systems.rows import KINDS


SAFEST = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    # Seconds until a message of a lost worker is there again: an hour, unless somebody knows how long jobs take.
    "broker_transport_options": {
        "visibility_timeout": 10,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    },
}

app = Celery("peers", broker=setting("redis"))
if setting("safest"):
    app.conf.update(SAFEST)

tasks = {kind: app.task(name=kind, ignore_result=True)(function) for kind, function in KINDS.items()}


class CeleryRedis(System):
    packages = ("celery", "kombu", "redis")

    @cached_property
    def redis(self) -> Any:
        return redis.Redis.from_url(setting("redis"))

    def enqueue(self, kind: str, number: int) -> None:
        tasks[kind].delay(number)

    def work(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", __name__, "worker"]
        os.execv(sys.executable, [*command, "--concurrency", str(CONCURRENCY), "--loglevel", "WARNING"])

    def held(self) -> int:
        return self.redis.llen("celery") + self.redis.hlen("unacked")


SYSTEM = CeleryRedis()
