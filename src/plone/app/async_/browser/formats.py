"""Times, durations and numbers as the reader writes them."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from functools import cached_property
from typing import Any

from DateTime import DateTime
from plone.base.i18nl10n import ulocalized_time
from zope.i18n.locales import LoadLocaleError
from zope.i18n.locales import locales

from plone.app.async_ import _


SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86400

AGO = (
    (DAY, _("ago_days", default="${number} d ago")),
    (HOUR, _("ago_hours", default="${number} h ago")),
    (MINUTE, _("ago_minutes", default="${number} min ago")),
    (SECOND, _("ago_seconds", default="${number} s ago")),
)
AHEAD = (
    (DAY, _("ahead_days", default="in ${number} d")),
    (HOUR, _("ahead_hours", default="in ${number} h")),
    (MINUTE, _("ahead_minutes", default="in ${number} min")),
    (SECOND, _("ahead_seconds", default="in ${number} s")),
)
NOW = _("ago_now", default="now")

LASTED = (
    (DAY, HOUR, _("lasted_days", default="${number} d ${rest} h")),
    (HOUR, MINUTE, _("lasted_hours", default="${number} h ${rest} min")),
    (MINUTE, SECOND, _("lasted_minutes", default="${number} min ${rest} s")),
)
SECONDS = _("lasted_seconds", default="${number} s")
MILLISECONDS = _("lasted_milliseconds", default="${number} ms")

PERCENT = _("percent", default="${number}%")


class Formats:
    """What a page shows of plain data, in the language of its request. Messages are translated by the template."""

    def __init__(self, context: Any, request: Any, now: datetime) -> None:
        self._context = context
        self._request = request
        self._now = now

    @cached_property
    def _locale(self) -> Any:
        """The customs of the language that Plone has chosen for the page; outside of sites, of the browser's first."""
        language = getattr(self._request.get("LANGUAGE_TOOL"), "LANGUAGE", None)
        if language is None:
            there = self._request.locale.id
            language, country = there.language, there.territory
        else:
            language, country = (*language.split("-"), None)[:2]
        # Some languages, Spanish being one, have their separators in their countries only.
        for place in (country or language, language, None) if language else ():
            try:
                return locales.getLocale(language, place)
            except LoadLocaleError:
                continue
        return self._request.locale

    def number(self, value: float) -> str:
        """A number with the separators of the reader's language."""
        return self._locale.numbers.getFormatter("decimal").format(value)

    def percent(self, part: float) -> str:
        """A part of 1 in percent, rounded down: 100 means all."""
        return _(PERCENT, default=PERCENT.default, mapping={"number": self.number(int(part * 100))})

    def exact(self, moment: datetime) -> str:
        """Date and time in the time zone of the process, as everywhere in Plone."""
        return ulocalized_time(DateTime(moment), long_format=True, context=self._context, request=self._request)

    def clock(self, moment: datetime) -> str:
        """The time of day."""
        return ulocalized_time(DateTime(moment), time_only=True, context=self._context, request=self._request)

    def relative(self, moment: datetime) -> str:
        """How long ago, or in what time."""
        seconds = (self._now - moment).total_seconds()
        for unit, message in AGO if seconds > 0 else AHEAD:
            if abs(seconds) >= unit:
                return _(message, default=message.default, mapping={"number": self.number(int(abs(seconds) // unit))})
        return NOW

    def duration(self, lasted: timedelta) -> str:
        """A length of time, in two units at most."""
        seconds = lasted.total_seconds()
        for unit, small, message in LASTED:
            if seconds >= unit:
                number, rest = int(seconds // unit), int(seconds % unit // small)
                return _(message, default=message.default, mapping={"number": self.number(number), "rest": rest})
        if seconds >= 1:
            return _(SECONDS, default=SECONDS.default, mapping={"number": self.number(round(seconds, 1))})
        return _(MILLISECONDS, default=MILLISECONDS.default, mapping={"number": int(seconds * 1000)})
