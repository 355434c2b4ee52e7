"""What this package wants to reach beside the others, and whether it did in a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.peers.results import Results


class Goal(NamedTuple):
    """Not to be worse than another system in one figure."""

    figure: str
    system: str
    what: str
    less_is_better: bool = False


GOALS = (
    Goal("latency", "celery", "start of a job, to Celery's", less_is_better=True),
    Goal("durable", "procrastinate", "jobs that commit, to Procrastinate's"),
    Goal("durable", "rq", "jobs that commit, to RQ's"),
)


def lines(results: Results) -> Iterator[str]:
    """A line for each goal that was measured: ours as a multiple of theirs, in the median of the rounds."""
    for goal in GOALS:
        theirs = results.ratio(goal.system, goal.figure)
        if theirs is not None:
            kept = theirs >= 1 if goal.less_is_better else theirs <= 1
            sign = "<=" if goal.less_is_better else ">="
            yield f"{goal.what:<40} {1 / theirs:6.2f}  goal {sign} 1  {'kept' if kept else 'MISSED'}"
