"""Fixtures of those who test what is shown of jobs."""

from overview_fixtures import board
from overview_fixtures import other_site
from overview_fixtures import queue
from overview_fixtures import work


__all__ = ["board", "other_site", "queue", "work"]
