"""How threads of a process that runs jobs take turns at the interpreter.

A thread that computes in Python lets another one go on after an interval, by default 5 ms. A commit over ZEO passes
from thread to thread several times, and so does dispatching: beside a job that computes they waited tens of
milliseconds.
"""

from __future__ import annotations

import math
import sys


PYTHONS_OWN = 0.005
SHORTER = 0.001
"""Seconds. Shorter still wins little; this much is too long to cost anything that can be measured."""


def take_shorter_turns() -> None:
    """Shorten the interval for the whole process, unless somebody has set another than Python's own already."""
    if math.isclose(sys.getswitchinterval(), PYTHONS_OWN):
        sys.setswitchinterval(SHORTER)
