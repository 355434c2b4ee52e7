"""What the database says of queues and workers: the same wherever it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING
from typing import Any

from plone.observability.interfaces import IMetricProvider
from zope.interface import implementer

from plone.app.async_.observability import kinds
from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Board


if TYPE_CHECKING:
    from plone.observability.metric import Metric

    from plone.app.async_.overview.figures import Figures
    from plone.app.async_.overview.figures import QueueFigures

STATES = {"waiting": "waiting", "scheduled": "scheduled", "active": "active", "ended": "kept"}
OUTCOMES = ("succeeded", "failed", "cancelled")


@implementer(IMetricProvider)
class QueueMetrics:
    """Figures of all queues and workers, for the application in whose request it is made. Reads only."""

    name = "plone.app.async.queues"
    scope = kinds.GLOBAL

    def __init__(self, context: Any) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        """The metrics, those of one name together."""
        return _collect(Board(self._context, EVERYTHING).figures())


def _collect(figures: Figures) -> Iterator[Metric]:
    for state in ("alive", "dead", "stopped"):
        yield kinds.WORKERS.of(getattr(figures, f"workers_{state}"), state)
    for of_queue in (_jobs, _oldest, _paused, _threads, _quota_sizes, _quota_uses, _ended, _waited, _ran):
        for queue in figures.queues:
            yield from of_queue(queue)


def _jobs(queue: QueueFigures) -> Iterator[Metric]:
    for state, attribute in STATES.items():
        yield kinds.JOBS.of(getattr(queue.jobs, attribute), queue.name, state)


def _oldest(queue: QueueFigures) -> Iterator[Metric]:
    yield kinds.OLDEST.of(queue.oldest_waiting or 0, queue.name)


def _paused(queue: QueueFigures) -> Iterator[Metric]:
    yield kinds.PAUSED.of(int(queue.is_paused), queue.name)


def _threads(queue: QueueFigures) -> Iterator[Metric]:
    for state, number in asdict(queue.threads).items():
        yield kinds.THREADS.of(number, queue.name, state)


def _quota_sizes(queue: QueueFigures) -> Iterator[Metric]:
    for quota in queue.quotas:
        yield kinds.QUOTA_SIZE.of(quota.size, queue.name, quota.name)


def _quota_uses(queue: QueueFigures) -> Iterator[Metric]:
    for quota in queue.quotas:
        yield kinds.QUOTA_USED.of(quota.used, queue.name, quota.name)


def _ended(queue: QueueFigures) -> Iterator[Metric]:
    for outcome in OUTCOMES:
        yield kinds.HOUR_ENDED.of(getattr(queue.last_hour, outcome), queue.name, outcome)


def _waited(queue: QueueFigures) -> Iterator[Metric]:
    if queue.last_hour.waited is not None:
        yield kinds.HOUR_WAITED.of(queue.last_hour.waited, queue.name)


def _ran(queue: QueueFigures) -> Iterator[Metric]:
    if queue.last_hour.ran is not None:
        yield kinds.HOUR_RAN.of(queue.last_hour.ran, queue.name)
