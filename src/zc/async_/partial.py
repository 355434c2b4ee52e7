"""The place of a class that was retired long ago."""

from __future__ import annotations

from typing import Any


class Partial:
    """Cannot be made any more: give arguments to ``zc.async_.job.Job``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise Exception("zc.async.partial.Partial is gone: give the arguments to a Job")
