"""Which process works as a dispatcher, as data that is kept with its record."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version
from typing import NamedTuple

from zc.async_ import clock


DISTRIBUTION = "plone.app.async"


class ProcessInfo(NamedTuple):
    """A process as operators know it. ``micros`` is when its dispatcher started, in µs by the clock of its host."""

    host: str
    pid: int
    micros: int
    version: str

    @property
    def started(self) -> datetime:
        """When its dispatcher started."""
        return clock.from_micros(self.micros)

    def __str__(self) -> str:
        return f"process {self.pid} on host {self.host}"


def this_process() -> ProcessInfo:
    """The calling process, whose dispatcher starts now."""
    return ProcessInfo(socket.gethostname(), os.getpid(), clock.to_micros(clock.now()), package_version())


def package_version() -> str:
    """The version of the installed package; empty if it runs from sources that are not installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""
