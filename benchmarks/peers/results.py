"""The figures of a run, all rounds of them, and what is said of them."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from benchmarks.peers.catalogue import OURS


@dataclass
class Results:
    """One run."""

    date: str
    machine: dict[str, str]
    counts: dict[str, float]
    versions: dict[str, str] = field(default_factory=dict)
    load: list[float] = field(default_factory=list)
    """The machine's load when each round began."""
    figures: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """By configuration and figure, one a round."""

    def add(self, configuration: str, figures: dict[str, float]) -> None:
        """Note what one round found."""
        of_configuration = self.figures.setdefault(configuration, {})
        for name, value in figures.items():
            of_configuration.setdefault(name, []).append(value)

    def median(self, configuration: str, figure: str) -> float | None:
        """Over the rounds; None if it was not measured."""
        values = self.figures.get(configuration, {}).get(figure)
        return statistics.median(values) if values else None

    def total(self, configuration: str, figure: str) -> float:
        """Over the rounds."""
        return sum(self.figures[configuration].get(figure, ()))

    def ratio(self, configuration: str, figure: str) -> float | None:
        """To ours in the same round, in median; None if one of the two was not measured."""
        theirs = self.figures.get(configuration, {}).get(figure, [])
        ours = self.figures.get(OURS.name, {}).get(figure, [])
        ratios = [their / our for their, our in zip(theirs, ours, strict=False)]
        return statistics.median(ratios) if ratios else None

    def save(self, file: Path) -> None:
        """Write all of it as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load_from(cls, file: Path) -> Results:
        """What :meth:`save` has written."""
        return cls(**json.loads(file.read_text()))
