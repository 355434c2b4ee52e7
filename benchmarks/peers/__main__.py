"""The same work on this package and on others, in one run: ``python -m benchmarks.peers``.

Systems take turns: each measure is taken of all of them before the next one, and all of it again in the next round, so
that whatever else the machine does hits all of them. Each time the servers are new and empty.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.peers import goals
from benchmarks.peers import machine
from benchmarks.peers import servers
from benchmarks.peers.catalogue import CONFIGURATIONS
from benchmarks.peers.catalogue import Configuration
from benchmarks.peers.measures import MEASURES
from benchmarks.peers.measures import Counts
from benchmarks.peers.peer import ROOT
from benchmarks.peers.peer import running
from benchmarks.peers.results import Results
from benchmarks.peers.servers import PostgreSQL
from benchmarks.peers.tables import document


DOCS = ROOT / "docs/figures"
FIGURES = DOCS / "benchmarks-peers.json"
TABLES = DOCS / "benchmarks-peers.rst"


def arguments() -> argparse.Namespace:
    """What is asked for at the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.peers", description=__doc__)
    names = [entry.name for entry in CONFIGURATIONS]
    parser.add_argument("--systems", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--measures", nargs="+", choices=MEASURES, default=list(MEASURES), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--crash-rounds", type=int, default=2, help="of all rounds, those with crashes")
    parser.add_argument("--jobs", type=int, default=500, help="jobs to drain")
    parser.add_argument("--latency-jobs", type=int, default=50)
    parser.add_argument("--crash-jobs", type=int, default=150)
    parser.add_argument("--crash-limit", type=float, default=120, help="seconds in which jobs may come back")
    parser.add_argument("--docs", action="store_true", help=f"also write {DOCS.relative_to(ROOT)}")
    parser.add_argument("--tables", action="store_true", help="only write its tables anew from its figures")
    return parser.parse_args()


def measure(results: Results, configuration: Configuration, name: str, counts: Counts, postgresql: PostgreSQL) -> None:
    """Take one measure of one system, in a folder of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="peer-") as folder,
        running(configuration, Path(folder), postgresql) as peer,
    ):
        results.versions.update(peer.ask("versions"))
        figures = MEASURES[name](peer, counts)
    results.add(configuration.name, figures)
    shown = ", ".join(f"{figure} {value:.1f}" for figure, value in figures.items())
    print(f"{configuration.title:<22} {shown}", flush=True)


def run(wanted: argparse.Namespace) -> Iterator[Results]:
    """All measures of all systems that are asked for; the results so far after each round."""
    counts = Counts(wanted.latency_jobs, wanted.jobs, wanted.crash_jobs, wanted.crash_limit)
    chosen = [entry for entry in CONFIGURATIONS if entry.name in wanted.systems]
    with tempfile.TemporaryDirectory() as name, servers.postgresql(folder := Path(name)) as postgresql:
        results = Results(
            date=datetime.date.today().isoformat(),
            machine=machine.facts(folder),
            counts=asdict(counts),
            versions=servers.versions(),
        )
        for round_number in range(wanted.rounds):
            print(f"Round {round_number + 1} of {wanted.rounds}", flush=True)
            results.load.append(machine.load())
            with_crash = round_number < wanted.crash_rounds
            names = [name for name in wanted.measures if with_crash or name != "crash"]
            for measure_name, configuration in itertools.product(names, chosen):
                measure(results, configuration, measure_name, counts, postgresql)
            yield results


def _end(number: int, frame: object) -> None:
    """Leave all ``with`` blocks, which end what was started."""
    raise SystemExit(128 + number)


def main() -> None:
    wanted = arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    for results in [Results.load_from(FIGURES)] if wanted.tables else run(wanted):
        if wanted.docs or wanted.tables:
            DOCS.mkdir(exist_ok=True)
            results.save(FIGURES)
            TABLES.write_text(document(results))
    print("\n" + document(results))
    print(*goals.lines(results), sep="\n")


if __name__ == "__main__":
    main()
