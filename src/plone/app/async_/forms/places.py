"""Where a page of a list leads: to those before and after it, and to jobs that were not looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plone.app.async_.overview.listing import Page


SIZE = 25
"""Jobs on a page."""


@dataclass(frozen=True)
class Places:
    """The addresses of other places in a list, None where there are no jobs.

    ``offset`` is how many jobs were left out unseen; ``address(start=, offset=)`` names a place.
    """

    page: Page
    offset: int
    address: Callable[..., str]

    @property
    def previous(self) -> str | None:
        """The page before this one."""
        start = self.page.start
        return self.address(start=max(start - SIZE, 0), offset=self.offset) if start else None

    @property
    def next(self) -> str | None:
        """The page after this one."""
        start = self.page.start + SIZE
        return self.address(start=start, offset=self.offset) if start < self.page.total else None

    @property
    def further(self) -> str | None:
        """At the end of what one search looks at, where the next search begins."""
        return None if self.next or self.page.more is None else self.address(start=0, offset=self.page.more)
