"""Browsers, and jobs for them to look at."""

from overview_fixtures import board
from overview_fixtures import other_site
from overview_fixtures import queue
from overview_fixtures import work
from page_fixtures import reader
from page_fixtures import their_manager
from page_fixtures import users


__all__ = ["board", "other_site", "queue", "reader", "their_manager", "users", "work"]
