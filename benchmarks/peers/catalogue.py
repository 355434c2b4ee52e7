"""Which systems are measured, and in which configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Configuration:
    """A system as it is when nobody configures it, or in the safest way that its documentation tells of."""

    name: str
    """By which it is chosen at the command line, and known in the results."""
    title: str
    module: str
    """In ``benchmarks.peers.systems``."""
    servers: tuple[str, ...]
    """Of ``redis``, ``postgresql`` and ``zeo``: those that it talks to."""
    workers: str
    """How it does three jobs at a time."""
    queued: str
    """Where a job is when the call that queues it has returned."""
    safest: bool = False
    ours: bool = False


REDIS = "in Redis' memory; on the disk with the next snapshot, after 1 to 60 minutes"
APPENDED = "on the disk, by Redis' append-only file and an fsync a write"
COMMITTED = "on the disk, by an fsync a commit"

# What is default is the safest.
OURS = Configuration("ours", "plone.app.async", "ours", ("zeo",), "1 process, 3 threads", COMMITTED, ours=True)

CONFIGURATIONS = (
    OURS,
    Configuration("celery", "Celery", "celery_redis", ("redis", "postgresql"), "3 processes", REDIS),
    Configuration(
        "celery-safest", "Celery, safest", "celery_redis", ("redis", "postgresql"), "3 processes", APPENDED, safest=True
    ),
    Configuration("rq", "RQ", "rq_redis", ("redis", "postgresql"), "3 processes, which fork for each job", REDIS),
    Configuration(
        "rq-safest",
        "RQ, safest",
        "rq_redis",
        ("redis", "postgresql"),
        "3 processes, which fork for each job",
        APPENDED,
        safest=True,
    ),
    Configuration("huey-redis", "Huey, Redis", "huey_redis", ("redis", "postgresql"), "1 process, 3 threads", REDIS),
    Configuration(
        "huey-redis-safest",
        "Huey, Redis, safest",
        "huey_redis",
        ("redis", "postgresql"),
        "1 process, 3 threads",
        APPENDED,
        safest=True,
    ),
    Configuration("huey-sqlite", "Huey, SQLite", "huey_sqlite", ("postgresql",), "1 process, 3 threads", COMMITTED),
    Configuration(
        "procrastinate",
        "Procrastinate",
        "procrastinate_postgresql",
        ("postgresql",),
        "1 process, 3 coroutines",
        COMMITTED,
    ),
    Configuration(
        "procrastinate-safest",
        "Procrastinate, safest",
        "procrastinate_postgresql",
        ("postgresql",),
        "1 process, 3 coroutines",
        COMMITTED,
        safest=True,
    ),
)
