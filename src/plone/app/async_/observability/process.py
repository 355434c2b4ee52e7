"""What this process has done and does: from memory, so the database need not be there."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from plone.observability.interfaces import IMetricProvider
from zope.interface import implementer

from plone.app.async_.observability import kinds
from zc.async_ import dispatcher
from zc.async_ import metrics


if TYPE_CHECKING:
    from plone.observability.metric import Metric

    from zc.async_.metrics import QueueFigures


@implementer(IMetricProvider)
class ProcessMetrics:
    """Counters since the start of the process, and its threads. The application is not looked at."""

    name = "plone.app.async.process"
    scope = kinds.INSTANCE

    def __init__(self, context: Any) -> None:
        pass

    def collect(self) -> Iterator[Metric]:
        """The metrics, those of one name together."""
        dispatchers = dispatcher.registered()
        threads = {queue: threads for one in dispatchers for queue, threads in one.getThreads().items()}
        figures = metrics.process.figures(threads)
        yield from _counted(figures.queues)
        for whose, number in figures.conflicts.items():
            yield kinds.CONFLICTS.of(number, whose)
        for queue, (busy, free) in threads.items():
            yield kinds.OWN_THREADS.of(busy, queue, "busy")
            yield kinds.OWN_THREADS.of(free, queue, "free")
        for one in dispatchers:
            since = one.getStatusInfo()["time since last poll"]
            if since is not None:
                yield kinds.LAST_POLL.of(since.total_seconds())


def _counted(queues: Mapping[str, QueueFigures]) -> Iterator[Metric]:
    for name, figures in queues.items():
        for outcome, number in figures.outcomes.items():
            yield kinds.OUTCOMES.of(number, name, outcome)
    yield from kinds.LATENCY.of_times({name: figures.start_latency for name, figures in queues.items()})
    yield from kinds.RUN_TIME.of_times({name: figures.run_time for name, figures in queues.items()})
    for name, figures in queues.items():
        yield kinds.RETRIES.of(figures.retries, name)
    for name, figures in queues.items():
        yield kinds.RESCUES.of(figures.rescues, name)
