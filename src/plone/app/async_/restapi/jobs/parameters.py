"""The parameters of a list of jobs, from URL or body, as a query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from datetime import timezone
from typing import Any

from plone.app.async_ import _
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from plone.app.async_.overview.query import SORTS
from plone.app.async_.overview.states import LISTED
from plone.app.async_.restapi.service import bad_request


LARGEST_PAGE = 200
MOST_DIGITS = 9


def query_from(form: Mapping[str, Any]) -> Query:
    """The query that the parameters mean; ``ApiError`` naming one that has no meaning."""
    sort = text(form, "sort_on")
    if sort and sort not in SORTS:
        raise _wrong("sort_on")
    return Query(
        states=_states(form),
        callable=text(form, "callable"),
        user=text(form, "user") or None,
        queue=text(form, "queue") if "queue" in form else None,
        text=text(form, "text"),
        since=_moment(form, "since"),
        until=_moment(form, "until"),
        sort=sort,
        descending=text(form, "sort_order") in ("descending", "reverse"),
    )


def number(form: Mapping[str, Any], name: str, default: int, least: int = 0, most: int | None = None) -> int:
    """A whole number within limits; ``ApiError`` for others."""
    value = form.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _wrong(name)
    return value if most is None else min(value, most)


def text(form: Mapping[str, Any], name: str) -> str:
    """A text; ``ApiError`` for anything else."""
    value = form.get(name, "")
    if not isinstance(value, str):
        raise _wrong(name)
    return value


def _states(form: Mapping[str, Any]) -> frozenset[State]:
    given = form.get("state", [])
    words = [given] if isinstance(given, str) else given
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        raise _wrong("state")
    try:
        states = frozenset(State(word) for part in words for word in part.split(",") if word)
    except ValueError as error:
        raise _wrong("state") from error
    if not states <= LISTED:
        raise _wrong("state")
    return states or LISTED


def _moment(form: Mapping[str, Any], name: str) -> datetime | None:
    value = text(form, name)
    if not value:
        return None
    try:
        # A plus sign in a URL that nobody quoted is a blank here; and Python 3.10 does not know Z.
        moment = datetime.fromisoformat(value.replace(" ", "+").replace("Z", "+00:00"))
    except ValueError as error:
        raise _wrong(name) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def _wrong(name: str) -> Exception:
    return bad_request(_("rest_wrong_value", default="The value of “${name}” has no meaning.", mapping={"name": name}))
