"""Prints all figures of one run beside the budget: ``python -m benchmarks [NAME ...]``.

Rates are ratios to the bare commit rate of the same run, so that they mean something on any machine.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))  # the demo's cluster, which is not installed

from benchmarks import measures
from benchmarks.cluster import Server
from benchmarks.cluster import server


@dataclass
class Line:
    """A figure, and how it compares with its budget; ``limit`` is the best or worst allowed value."""

    name: str
    value: float
    limit: float | None = None
    at_least: bool = False
    unit: str = ""

    @property
    def kept(self) -> bool:
        return self.limit is None or (self.value >= self.limit if self.at_least else self.value <= self.limit)

    def __str__(self) -> str:
        figure = f"{self.name:<58} {self.value:10.2f} {self.unit:<8}"
        if self.limit is None:
            return figure.rstrip()
        sign = ">=" if self.at_least else "<="
        return f"{figure} budget {sign} {self.limit:<8g} {'kept' if self.kept else 'MISSED'}"


def commit_rate(running: Server) -> list[Line]:
    return [Line("bare one-object commits", measures.commit_rate(running), unit="/s")]


def latency(running: Server) -> list[Line]:
    median, high = measures.latency(running)
    return [
        Line("commit to start, idle worker, median", median, 10, unit="ms"),
        Line("commit to start, idle worker, 95th percentile", high, 30, unit="ms"),
    ]


def drain(running: Server) -> list[Line]:
    before = measures.commit_rate(running)
    rate = measures.drain_rate(running)
    bare = (before + measures.commit_rate(running)) / 2
    return [
        Line("no-op jobs enqueued one by one and drained by 3 threads", rate, unit="/s"),
        Line("  as a ratio to bare commits, before and after", rate / bare, 0.4, at_least=True),
    ]


def conflicts(running: Server) -> list[Line]:
    return [Line("conflicts of 4 processes queueing 250 jobs each", measures.conflicts(running), 0)]


def footprint(running: Server) -> list[Line]:
    objects, size = measures.footprint(running)
    return [
        Line("objects for a queued plain job", objects, 1),
        Line("bytes for a plain job's whole life", size, 2000),
    ]


def plone(running: Server) -> list[Line]:
    from benchmarks import plone_job

    objects, size, queueing = plone_job.footprint(running.file.parent / "plone")
    return [
        Line("objects for a queued Plone job", objects, 1),
        Line("bytes for a Plone job's whole life", size, 2000),
        Line("queueJob before the commit, processor time", queueing, 0.5, unit="ms"),
    ]


def claim(running: Server) -> list[Line]:
    few = measures.claim_cost(running, 100)
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as other:
        many = measures.claim_cost(other, 100_000)
    return [
        Line("a claim with 100 jobs waiting behind a full quota", few, unit="ms"),
        Line("a claim with 100,000", many, unit="ms"),
        Line("  ratio", many / few, 2),
    ]


def idle(running: Server) -> list[Line]:
    return [Line("idle growth at a ping each 120 s", measures.idle_growth(running), 5000, unit="bytes/h")]


def workers(running: Server) -> list[Line]:
    rates = []
    for count in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as own:
            rates.append(measures.speed_up(own, count))
    one, two, four = rates
    return [
        Line("jobs that wait 50 ms, one worker with one thread", one, unit="/s"),
        Line("  speed-up of two workers", two / one),
        Line("  speed-up of four workers", four / one, 3.5, at_least=True),
    ]


def long_run(running: Server) -> list[Line]:
    found = measures.long_run(running)
    return [
        Line("worker's memory after 5,000 of 20,000 jobs", found.memory_early, unit="MB"),
        Line("  at the end, as a ratio to that", found.memory_end / found.memory_early, 1.05),
        Line("bytes a job in the storage", found.grown, unit="bytes"),
        Line("  after packing, with the job kept", found.packed, unit="bytes"),
    ]


MEASURES: dict[str, Callable[[Server], list[Line]]] = {
    measure.__name__: measure
    for measure in (commit_rate, latency, drain, conflicts, footprint, plone, claim, idle, workers, long_run)
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(MEASURES)}; default: all")
    names = parser.parse_args().names or list(MEASURES)
    unknown = set(names) - set(MEASURES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    print(f"Python {platform.python_version()}, {platform.machine()}, real ZEO server, FileStorage")
    missed = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as running:
            for line in MEASURES[name](running):
                print(line, flush=True)
                missed += not line.kept
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
