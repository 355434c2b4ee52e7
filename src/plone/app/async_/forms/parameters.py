"""What was asked for in an address, a form or a body: strict, since what is ignored would widen an action."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from datetime import timezone
from typing import Any

from plone.app.async_ import _
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from plone.app.async_.overview.query import NO_SITE
from plone.app.async_.overview.query import SORTS
from plone.app.async_.overview.states import LISTED
from zc.async_.interfaces import AsyncError


LARGEST_PAGE = 200
MOST_DIGITS = 9


class WrongParameter(AsyncError, ValueError):
    """A parameter has no meaning; ``args[0]`` is a message to be translated."""


def query_from(form: Mapping[str, Any]) -> Query:
    """The query that the parameters mean; ``WrongParameter`` for one that has no meaning."""
    sort = text(form, "sort_on")
    if sort and sort not in SORTS:
        raise wrong("sort_on")
    return Query(
        states=_states(form),
        callable=text(form, "callable"),
        user=text(form, "user") or None,
        queue=text(form, "queue") if "queue" in form else None,
        text=text(form, "text"),
        site=_site(form),
        since=_moment(form, "since"),
        until=_moment(form, "until"),
        sort=sort,
        descending=text(form, "sort_order") in ("descending", "reverse"),
    )


def number(form: Mapping[str, Any], name: str, default: int, least: int = 0, most: int | None = None) -> int:
    """A whole number within limits; ``WrongParameter`` for others."""
    value = form.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise wrong(name)
    return value if most is None else min(value, most)


def text(form: Mapping[str, Any], name: str) -> str:
    """A text; ``WrongParameter`` for anything else."""
    value = form.get(name, "")
    if not isinstance(value, str):
        raise wrong(name)
    return value


def _site(form: Mapping[str, Any]) -> str | None:
    site = text(form, "site").strip()
    return "" if site == NO_SITE else site or None


def _states(form: Mapping[str, Any]) -> frozenset[State]:
    given = form.get("state", [])
    words = [given] if isinstance(given, str) else given
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        raise wrong("state")
    try:
        states = frozenset(State(word) for part in words for word in part.split(",") if word)
    except ValueError as error:
        raise wrong("state") from error
    if not states <= LISTED:
        raise wrong("state")
    return states or LISTED


def _moment(form: Mapping[str, Any], name: str) -> datetime | None:
    value = text(form, name)
    if not value:
        return None
    try:
        # A plus sign in a URL that nobody quoted is a blank here; and Python 3.10 does not know Z.
        moment = datetime.fromisoformat(value.replace(" ", "+").replace("Z", "+00:00"))
    except ValueError as error:
        raise wrong(name) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def wrong(name: str) -> WrongParameter:
    """What to raise for a parameter whose value has no meaning."""
    return WrongParameter(
        _("wrong_parameter", default="The value of “${name}” has no meaning.", mapping={"name": name})
    )
