"""Huey with SQLite, which its workers ask again and again: each 0.1 s, and up to each 10 s while there is nothing."""

from __future__ import annotations

from pathlib import Path

from huey import SqliteHuey

from benchmarks.peers.systems import setting
from benchmarks.peers.systems.huey_tasks import HueySystem


huey = SqliteHuey("peers", filename=str(Path(setting("marks")).with_name("huey.db")))
SYSTEM = HueySystem(huey, __name__)
