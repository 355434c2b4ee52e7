"""Times as integers that sort from the newest to the oldest."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from datetime import timezone


FREE_BITS = 4
"""Lowest bits of a key, which no time uses: keys of one microsecond can be told apart by them."""

SECONDS_SHIFT = 20 + FREE_BITS
DAYS_SHIFT = 17 + SECONDS_SHIFT


def naive_utc(moment: datetime) -> datetime:
    """The moment as a naive datetime in UTC; a naive one is taken as UTC already."""
    return moment if moment.tzinfo is None else moment.astimezone(timezone.utc).replace(tzinfo=None)


def dt_to_long(moment: datetime) -> int:
    """The key of a moment, with free bits that are 0; smaller the later it is."""
    until_the_end = datetime.max - naive_utc(moment)
    days, seconds, micros = until_the_end.days, until_the_end.seconds, until_the_end.microseconds
    return days << DAYS_SHIFT | seconds << SECONDS_SHIFT | micros << FREE_BITS


def long_to_dt(key: int) -> datetime:
    """The moment of a key as a naive datetime in UTC, whatever its free bits."""
    seconds = key >> SECONDS_SHIFT & (1 << DAYS_SHIFT - SECONDS_SHIFT) - 1
    micros = key >> FREE_BITS & (1 << SECONDS_SHIFT - FREE_BITS) - 1
    return datetime.max - timedelta(days=key >> DAYS_SHIFT, seconds=seconds, microseconds=micros)


def key_range(moment: int | datetime) -> tuple[int, int]:
    """The lowest and the highest key that a key or datetime may mean."""
    if isinstance(moment, int):
        return moment, moment
    key = dt_to_long(moment)
    return key, key | (1 << FREE_BITS) - 1
