"""What this process has done and does: from memory, so the database need not be there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

from plone.observability.interfaces import IMetricProvider
from zope.interface import implementer

from plone.app.async_.observability import kinds
from zc.async_ import dispatcher
from zc.async_ import metrics


if TYPE_CHECKING:
    from plone.observability.metric import Metric


@implementer(IMetricProvider)
class ProcessMetrics:
    """Counters since the start of the process, and its threads. The application is not looked at."""

    name = "plone.app.async.process"
    scope = kinds.INSTANCE

    def __init__(self, context: Any) -> None:
        pass

    def collect(self) -> Iterator[Metric]:
        """The metrics, those of one name together."""
        figures = metrics.process.figures()
        for (queue, outcome), number in figures.outcomes.items():
            yield kinds.OUTCOMES.of(number, queue, outcome)
        yield from kinds.LATENCY.of_times(figures.latencies)
        yield from kinds.RUN_TIME.of_times(figures.run_times)
        for kind, numbers in (
            (kinds.RETRIES, figures.retries),
            (kinds.RESCUES, figures.rescues),
            (kinds.CONFLICTS, figures.conflicts),
        ):
            for label, number in numbers.items():
                yield kind.of(number, label)
        yield from _at_work()


def _at_work() -> Iterator[Metric]:
    """What the dispatcher does now, if there is one."""
    dispatchers = dispatcher.registered()
    for one in dispatchers:
        for queue, threads in one.getThreads().items():
            yield kinds.OWN_THREADS.of(threads.busy, queue, "busy")
            yield kinds.OWN_THREADS.of(threads.free, queue, "free")
    for one in dispatchers:
        since = one.getStatusInfo()["time since last poll"]
        if since is not None:
            yield kinds.LAST_POLL.of(since.total_seconds())
