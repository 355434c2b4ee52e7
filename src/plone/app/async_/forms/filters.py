"""Which jobs a reader wants to see: kept in the address of a page and in its forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import urlencode

from plone.app.async_.forms.parameters import number
from plone.app.async_.forms.parameters import query_from
from plone.app.async_.overview import Query


if TYPE_CHECKING:
    from plone.app.async_.overview import Board

NAMES = ("state", "callable", "user", "queue", "site", "text", "since", "until", "sort_on", "sort_order")
"""Parameters of a filter; ``start`` and ``offset`` tell the place in the list."""

SORTING = ("sort_on", "sort_order")

UNNAMED = "default"
"""How the queue without a name is called in addresses, since an empty field means all queues."""


@dataclass(frozen=True)
class Filter:
    """A filter of jobs and a place in the list; ``given`` are its parameters without those that are empty."""

    given: tuple[tuple[str, str], ...]
    query: Query
    start: int = 0
    offset: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether it lets all jobs pass."""
        return not is_filter(dict(self.given))

    def value(self, name: str) -> str:
        """The first value of a parameter, or nothing."""
        return next((value for given, value in self.given if given == name), "")

    def address(self, view: str, **changes: Any) -> str:
        """The address of a view with this filter, from its first job on, and some parameters changed."""
        pairs = [(name, value) for name, value in self.given if name not in changes]
        pairs += [(name, str(value)) for name, value in changes.items() if value]
        return f"{view}?{urlencode(pairs)}" if pairs else view

    def here(self, view: str) -> str:
        """The address of a view with this filter and this place."""
        return self.address(view, start=self.start, offset=self.offset)


def read_filter(form: Mapping[str, Any], board: Board) -> Filter:
    """The filter that a request means. Raises ``WrongParameter``."""
    filled = {name: form[name] for name in NAMES if form.get(name)}
    given = tuple((name, str(value)) for name in filled for value in _values(filled[name]))
    return Filter(given, query_of(filled, board), number(form, "start", 0), number(form, "offset", 0))


def is_filter(form: Mapping[str, Any]) -> bool:
    """Whether parameters leave jobs out; to name the queue without a name does, too."""
    return "queue" in form or any(form.get(name) for name in NAMES if name not in SORTING)


def query_of(form: Mapping[str, Any], board: Board) -> Query:
    """The query that parameters mean; unlike in the fields of a form, an empty queue is the one without a name."""
    if "queue" in form:
        form = {**form, "queue": queue_named(form["queue"], board)}
    return query_from(form)


def queue_word(name: str) -> str:
    """How a queue is called in addresses."""
    return name or UNNAMED


def queue_named(word: Any, board: Board) -> Any:
    """The name of the queue that an address or a form means by a word."""
    return "" if word == UNNAMED and board.queue(UNNAMED) is None else word


def _values(value: Any) -> list[Any]:
    return [each for each in value if each] if isinstance(value, (list, tuple)) else [value]
