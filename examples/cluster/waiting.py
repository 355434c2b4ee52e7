"""Wait for a condition with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar


Value = TypeVar("Value")


def wait_until(condition: Callable[[], Value], what: str, seconds: float, pause: float = 0.05) -> Value:
    """The first true value of ``condition``; ``TimeoutError`` naming ``what``."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {seconds:g} seconds in vain: {what}")
        time.sleep(pause)
