"""Batches: several jobs of a site that are one job to its queue, its quotas, its events and its users."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

from plone.app.async_.job import Job
from plone.app.async_.queues import DEFAULT_QUOTA
from zc.async_ import job as engine
from zc.async_ import workflow


class Batch(Job):
    """Runs its ``args``, which are jobs, one after the other or side by side; made by :func:`serial`, :func:`parallel`.

    It holds its places in quotas from its start until all steps have ended, so batches of one quota do not mix.
    The steps must not name such a quota: they would wait for ever.
    """

    keeps_places = True
    _quota_names = (DEFAULT_QUOTA,)

    def __init__(self, schedule: Callable[..., Any], steps: Iterable[engine.Job], **options: Any) -> None:
        engine.Job.__init__(self, schedule, *steps, **options)
        self._capture()

    @property
    def title(self) -> str:
        """How many jobs there are, and how they run."""
        order = "one after the other" if self._callable is workflow.run_serial else "side by side"
        return f"{len(self._args)} jobs, {order}"


def serial(steps: Iterable[engine.Job], stop_on_failure: bool = False) -> Batch:
    """A batch that runs its steps strictly in order, to the end or to the first failure."""
    options = {"stop_on_failure": True} if stop_on_failure else {}
    return Batch(workflow.run_serial, steps, **options)


def parallel(steps: Iterable[engine.Job]) -> Batch:
    """A batch that runs its steps side by side, as far as there are threads and quotas."""
    return Batch(workflow.run_parallel, steps)
