"""Times as operators type them: ``1H30M`` is an hour and a half ago."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from zc.async_ import clock


__all__ = ["Period", "ago", "parse_interval", "parse_moment", "parse_period"]

INTERVAL = re.compile("(?:([0-9]+)D)?(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?", re.IGNORECASE)
UNITS = ("days", "hours", "minutes", "seconds")
BOUND = re.compile("(since|before)(.*)", re.IGNORECASE)


def parse_interval(text: str) -> timedelta:
    """Days, hours, minutes and seconds, as many of them as are needed; ``ValueError`` for anything else."""
    found = INTERVAL.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"{text!r} is no interval; write it like 2D, 3H, 10M, 30S, or 1H30M")
    parts = {unit: int(number) for unit, number in zip(UNITS, found.groups(), strict=True) if number}
    try:
        return timedelta(**parts)
    except OverflowError:
        raise ValueError(f"the interval {text!r} is too long") from None


def ago(text: str) -> datetime:
    """The time an interval ago."""
    try:
        return clock.now() - parse_interval(text)
    except OverflowError:
        raise ValueError(f"the interval {text!r} is too long") from None


def parse_moment(text: str | None) -> int | datetime | None:
    """The key of a poll, which is a bare number, or the time an interval ago; None for None."""
    if text is None:
        return None
    return int(text) if text.isdecimal() else ago(text)


@dataclass(frozen=True)
class Period:
    """The time between two moments, both excluded; None is no limit."""

    since: datetime | None = None
    before: datetime | None = None

    def __contains__(self, moment: datetime | None) -> bool:
        """Whether a moment is in the period; what has not happened never is."""
        return (
            moment is not None
            and (self.since is None or moment > self.since)
            and (self.before is None or moment < self.before)
        )


def parse_period(text: str) -> Period:
    """``sinceINTERVAL``, ``beforeINTERVAL``, or both with a comma; ``ValueError`` for anything else."""
    bounds: dict[str, datetime] = {}
    for part in text.split(","):
        found = BOUND.fullmatch(part)
        if found is None:
            raise ValueError(f"{text!r} is no period; write it like since1H, before10M, or since1H,before10M")
        word = found[1].lower()
        if word in bounds:
            raise ValueError(f'only provide "{word}" once ({text})')
        bounds[word] = ago(found[2])
    return Period(**bounds)
