"""Small charts of the last hours, as shapes for SVG; the same figures stand in a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from plone.app.async_ import _
from plone.app.async_.browser.formats import Formats
from plone.app.async_.overview.counts import Hour
from plone.app.async_.overview.counts import Pace
from plone.app.async_.overview.states import State


WIDTH, HEIGHT = 480, 96
GAP = 4


@dataclass(frozen=True)
class Bar:
    """A rectangle; ``kind`` tells what it stands for, as in CSS classes."""

    kind: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Chart:
    """Bars in a box of ``WIDTH`` and ``HEIGHT``, and a table: headings, and rows that begin with the hour."""

    name: str
    title: str
    highest: Any
    bars: list[Bar]
    start: str
    end: str
    legend: list[tuple[str, str]]
    rows: list[tuple[Any, ...]]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return not self.bars


HOUR = _("chart_hour", default="Hour")
ENDED = _("chart_ended", default="Ended well or cancelled")
WAITED = _("chart_waited", default="Median waiting time")


def charts_of(pace: Pace, formats: Formats) -> list[Chart]:
    """What ended in each hour, and how long it had waited."""
    return [_throughput(pace.hours, formats), _waiting(pace.hours, formats)]


def _throughput(hours: list[Hour], formats: Formats) -> Chart:
    failed = [hour.ended[State.FAILED] for hour in hours]
    others = [sum(hour.ended.values()) - number for hour, number in zip(hours, failed, strict=True)]
    highest = max(map(sum, zip(failed, others, strict=True)), default=0)
    return _chart(
        "throughput",
        _("chart_throughput_title", default="Jobs that ended, by hour"),
        formats.number(highest),
        _bars([("ended", others), ("failed", failed)], highest),
        [("ended", ENDED), ("failed", State.FAILED.title)],
        list(zip(map(formats.number, others), map(formats.number, failed), strict=True)),
        hours,
        formats.clock,
    )


def _waiting(hours: list[Hour], formats: Formats) -> Chart:
    seconds = [hour.waited or 0.0 for hour in hours]
    highest = max(seconds, default=0.0)
    return _chart(
        "waiting",
        _("chart_waiting_title", default="Median waiting time, by hour"),
        formats.duration(timedelta(seconds=highest)),
        _bars([("waited", seconds)], highest),
        [("waited", WAITED)],
        [("" if hour.waited is None else formats.duration(timedelta(seconds=hour.waited)),) for hour in hours],
        hours,
        formats.clock,
    )


def _chart(
    name: str,
    title: str,
    highest: Any,
    bars: list[Bar],
    legend: list[tuple[str, str]],
    values: list[tuple[Any, ...]],
    hours: list[Hour],
    clock: Callable[[Any], str],
) -> Chart:
    rows = [(clock(hour.start), *row) for hour, row in zip(hours, values, strict=True)]
    return Chart(name, title, highest, bars, rows[0][0], rows[-1][0], legend, rows)


def _bars(series: list[tuple[str, list[Any]]], highest: float) -> list[Bar]:
    """The bars of each hour, one series upon the other; no bar for nothing."""
    if not highest:
        return []
    bars = []
    for number, values in enumerate(zip(*(values for _kind, values in series), strict=True)):
        step = WIDTH // len(series[0][1])
        bottom = HEIGHT
        for (kind, _values), value in zip(series, values, strict=True):
            height = max(round(value / highest * HEIGHT), 2) if value else 0
            bottom -= height
            if height:
                bars.append(Bar(kind, number * step + GAP // 2, max(bottom, 0), step - GAP, height))
    return bars
