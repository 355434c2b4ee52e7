"""The metrics by name, type, labels and meaning."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from plone.observability.metric import Metric

from zc.async_.metrics import BOUNDS
from zc.async_.metrics import Times


PREFIX = "plone_async_"
GLOBAL, INSTANCE = "global", "instance"
GAUGE, COUNTER, HISTOGRAM = "gauge", "counter", "histogram"

ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
"""What the text format of Prometheus wants, which the formatter leaves to us: one odd name must not spoil the page."""


@dataclass(frozen=True)
class Kind:
    """One metric. Labels take few different values: never ids of jobs, nor names of users."""

    name: str
    type: str
    scope: str
    labels: tuple[str, ...]
    help: str

    def of(self, value: float, *labels: str) -> Metric:
        """A value of it; the labels in the order in which they are named."""
        return self._made("", self.type, value, dict(zip(self.labels, labels, strict=True)))

    def of_times(self, times: Mapping[str, Times]) -> Iterator[Metric]:
        """All values of a histogram with one label, whose value each of the times belongs to."""
        (label,) = self.labels
        for value, measured in times.items():
            for bound, count in zip((*BOUNDS, "+Inf"), measured.counts, strict=True):
                yield self._made("_bucket", COUNTER, count, {label: value, "le": str(bound)})
        for value, measured in times.items():
            yield self._made("_sum", COUNTER, round(measured.seconds, 6), {label: value})
        for value, measured in times.items():
            yield self._made("_count", COUNTER, measured.counts[-1], {label: value})

    def _made(self, ending: str, type: str, value: float, labels: dict[str, str]) -> Metric:
        escaped = {name: text.translate(ESCAPES) for name, text in labels.items()}
        return Metric(f"{PREFIX}{self.name}{ending}", value, type, self.scope, self.help, escaped)


JOBS = Kind("jobs", GAUGE, GLOBAL, ("queue", "state"), "Jobs that wait, are scheduled, are active, or ended and kept")
OLDEST = Kind("oldest_waiting_seconds", GAUGE, GLOBAL, ("queue",), "How long the job that is next has been due")
PAUSED = Kind("queue_paused", GAUGE, GLOBAL, ("queue",), "1 if the queue is paused, else 0")
THREADS = Kind("threads", GAUGE, GLOBAL, ("queue", "state"), "Threads of living workers, busy and free")
QUOTA_SIZE = Kind("quota_size", GAUGE, GLOBAL, ("queue", "quota"), "Jobs that may be at work under a quota")
QUOTA_USED = Kind("quota_used", GAUGE, GLOBAL, ("queue", "quota"), "Jobs that are at work under a quota")
WORKERS = Kind("workers", GAUGE, GLOBAL, ("state",), "Workers that are alive, dead, or were stopped in order")
HOUR_ENDED = Kind("last_hour_jobs", GAUGE, GLOBAL, ("queue", "outcome"), "Jobs that ended within the last hour")
HOUR_WAITED = Kind("last_hour_waited_seconds", GAUGE, GLOBAL, ("queue",), "Median wait of jobs of the last hour")
HOUR_RAN = Kind("last_hour_ran_seconds", GAUGE, GLOBAL, ("queue",), "Median run time of jobs of the last hour")

OUTCOMES = Kind("outcomes_total", COUNTER, INSTANCE, ("queue", "outcome"), "Runs of jobs by what came of them")
LATENCY = Kind("start_latency_seconds", HISTOGRAM, INSTANCE, ("queue",), "How long jobs were due before they started")
RUN_TIME = Kind("run_time_seconds", HISTOGRAM, INSTANCE, ("queue",), "How long jobs ran")
RETRIES = Kind("retries_total", COUNTER, INSTANCE, ("queue",), "Attempts that were made again at once")
RESCUES = Kind("rescues_total", COUNTER, INSTANCE, ("queue",), "Jobs taken back from a worker that was gone")
CONFLICTS = Kind("conflicts_total", COUNTER, INSTANCE, ("commit",), "Commits that met a conflict and were repeated")
OWN_THREADS = Kind("process_threads", GAUGE, INSTANCE, ("queue", "state"), "Threads of this process, busy and free")
LAST_POLL = Kind("last_poll_seconds", GAUGE, INSTANCE, (), "Since when this process has not looked for jobs")

KINDS = (
    *(JOBS, OLDEST, PAUSED, THREADS, QUOTA_SIZE, QUOTA_USED, WORKERS, HOUR_ENDED, HOUR_WAITED, HOUR_RAN),
    *(OUTCOMES, LATENCY, RUN_TIME, RETRIES, RESCUES, CONFLICTS, OWN_THREADS, LAST_POLL),
)
"""All of them, as the reference has them."""
