"""The jobs of systems that have no database of their own: their rows are in PostgreSQL."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import psycopg

from benchmarks.peers.systems import setting
from benchmarks.peers.systems.work import HALF
from benchmarks.peers.systems.work import mark
from benchmarks.peers.systems.work import note


INSERT = "INSERT INTO rows (number) VALUES (%s)"

_of_thread = threading.local()


def connection() -> Any:
    """This thread's connection, which stays open: each statement is a commit."""
    if getattr(_of_thread, "process", None) != os.getpid():  # not the one of before a fork
        _of_thread.process = os.getpid()
        _of_thread.connection = psycopg.connect(setting("postgresql"), autocommit=True)
    return _of_thread.connection


def row(number: int) -> None:
    """Commit one row."""
    connection().execute(INSERT, [number])
    mark(number)


def slow_row(number: int) -> None:
    """Commit one row in the middle of some waiting."""
    time.sleep(HALF)
    row(number)
    time.sleep(HALF)


KINDS = {function.__name__: function for function in (note, row, slow_row)}
