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
    """A column of a table: shown on terminals with at least that many columns; ``is_number`` stands to the right."""

    title: str
    least: int = 0
    is_number: bool = False


class Output:
    """The standard output. Whatever is printed is made harmless here, and is never taken for markup."""

    def __init__(self) -> None:
        is_terminal = sys.stdout.isatty()
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
        self._console.print(Text(safe(text), style))

    def lines(self, texts: Iterable[tuple[str, str]], indent: int = 0) -> None:
        """Print pieces of one paragraph, each with its style; further lines are indented."""
        paragraph = Text()
        for text, style in texts:
            paragraph.append(safe(text), style)
        lines = paragraph.wrap(self._console, max(self.width - indent, 20)) if self.width < UNLIMITED else [paragraph]
        for position, line in enumerate(lines):
            self._console.print(Text(" " * indent if position else "").append_text(line))

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> None:
        """Print a table, one line for each row; columns that have no room are left out."""
        shown = [position for position, column in enumerate(columns) if column.least <= self.width]
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        for position in shown:
            column = columns[position]
            justify = "right" if column.is_number else "left"
            table.add_column(column.title, justify=justify, no_wrap=True, overflow="ellipsis")
        for row in rows:
            table.add_row(*(_cell(row[position]) for position in shown))
        with self._console.capture() as captured:
            self._console.print(table)
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
