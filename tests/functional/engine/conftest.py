"""A real ZEO server, and workers and enqueuers of the engine as processes."""

from engine_fixtures import database
from engine_fixtures import launch
from engine_fixtures import put
from engine_fixtures import queue
from engine_fixtures import start_worker
from engine_fixtures import zeo


__all__ = ["database", "launch", "put", "queue", "start_worker", "zeo"]
