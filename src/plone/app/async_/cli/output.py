"""Prints tables, lines and JSON; in colours on terminals, and so that ``grep`` can take it elsewhere."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from plone.app.async_.cli.texts import safe
from plone.app.async_.overview import State
from plone.app.async_.overview.json import to_json


UNLIMITED = 100_000
"""Columns of what is no terminal: there one line stays one line, and nothing is cut."""

SHORTEST = 12
"""Columns that a long text has at least."""

COLOURS = {
    State.NEW: "dim",
    State.WAITING: "blue",
    State.SCHEDULED: "cyan",
    State.ACTIVE: "yellow",
    State.SUCCEEDED: "green",
    State.FAILED: "bold red",
    State.CANCELLED: "magenta",
}


@dataclass(frozen=True)
class Column:
    """A column of a table, shown on terminals with ``least`` columns.

    ``is_number`` stands to the right; ``is_long`` is cut where there is no room.
    """

    title: str
    least: int = 0
    is_number: bool = False
    is_long: bool = False


class Output:
    """The standard output. Whatever is printed is made harmless here, and is never taken for markup."""

    def __init__(self) -> None:
        is_terminal = sys.stdout.isatty()
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # not all locales have all signs
        self._console = Console(
            file=sys.stdout,
            width=None if is_terminal else UNLIMITED,
            color_system="auto" if is_terminal and not os.environ.get("NO_COLOR") else None,
            markup=False,
            highlight=False,
            emoji=False,
        )

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return self._console.width

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line, wrapped between words on terminals."""
        self._print(Text(safe(text), style))

    def pieces(self, texts: Iterable[tuple[str, str]]) -> None:
        """Print pieces of one line, each with its style; the terminal wraps it."""
        self._console.print(Text.assemble(*((safe(text), style) for text, style in texts)), soft_wrap=True)

    def labelled(self, label: str, text: str, style: str = "", label_style: str = "bold", indent: int = 12) -> None:
        """Print a text behind a label, wrapped beside it."""
        grid = Table.grid()
        grid.add_column(width=indent)
        grid.add_column(overflow="fold")
        grid.add_row(Text(safe(label), label_style), Text(safe(text), style))
        self._print(grid)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> None:
        """Print a table, one line for each row; columns that have no room are left out, long texts are cut."""
        shown = [position for position, column in enumerate(columns) if column.least <= self.width]
        cells = [[_cell(row[position]) for position in shown] for row in rows]
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        for number, position in enumerate(shown):
            column = columns[position]
            longest = max([len(column.title), *(row[number].cell_len for row in cells)])
            table.add_column(
                column.title,
                justify="right" if column.is_number else "left",
                no_wrap=True,
                overflow="ellipsis",
                min_width=min(longest, SHORTEST) if column.is_long else longest,
            )
        for row in cells:
            table.add_row(*row)
        self._print(table)

    def _print(self, content: Any) -> None:
        with self._console.capture() as captured:
            self._console.print(content)
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def coloured(state: State) -> Text:
    """A state in its colour."""
    return Text(str(state), COLOURS[state])


def print_json(data: Any) -> None:
    """Print data of the read model; characters beyond ASCII are escaped, so that no terminal obeys any."""
    print(json.dumps(to_json(data), indent=2))


def note(text: str) -> None:
    """Tell the person something that does not belong to the output."""
    print(safe(text), file=sys.stderr)


def _cell(value: str | Text) -> Text:
    return value if isinstance(value, Text) else Text(safe(value))
