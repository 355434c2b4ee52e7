"""Values as short texts for terminals. What jobs say is anybody's, and may not steer the terminal."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from datetime import timedelta

from zope.i18n import translate
from zope.i18nmessageid import Message


STEPS = ((86400, "d"), (3600, "h"), (60, "m"))
NOTHING = "-"


def safe(text: str) -> str:
    """A text in one line, with all that a terminal might obey, or that turns the direction of writing, as an escape."""
    return "".join(each if _is_harmless(each) else each.encode("unicode_escape").decode("ascii") for each in text)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def span(duration: timedelta | float | None) -> str:
    """A duration in its two largest units, such as ``3h05m``."""
    if duration is None:
        return NOTHING
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    if seconds < 10:
        return f"{seconds:.2g}s" if seconds >= 0.001 else "0s"
    whole = round(seconds)
    for (size, unit), (smaller, lesser) in zip(STEPS, (*STEPS[1:], (1, "s")), strict=True):
        if whole >= size:
            return f"{whole // size}{unit}{whole % size // smaller:02d}{lesser}"
    return f"{whole}s"


def moment(time: datetime | None) -> str:
    """A time, by the clock of this host."""
    return NOTHING if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def in_english(message: str) -> str:
    """A message, and those in it: the catalogues, which would do the latter, are of processes with Zope."""
    parts = getattr(message, "mapping", None) or {}
    words = {name: translate(part) if isinstance(part, Message) else part for name, part in parts.items()}
    return str(translate(Message(message, mapping=words)))


def number(count: int, thing: str, things: str = "") -> str:
    """A number of things."""
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"
