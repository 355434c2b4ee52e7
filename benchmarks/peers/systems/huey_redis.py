"""Huey with Redis, which wakes its workers."""

from __future__ import annotations

from huey import RedisHuey

from benchmarks.peers.systems import setting
from benchmarks.peers.systems.huey_tasks import HueySystem


huey = RedisHuey("peers", url=setting("redis"))
SYSTEM = HueySystem(huey, __name__)
