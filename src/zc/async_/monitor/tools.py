"""Commands made of tools: ``async TOOL word name:value``."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from zc.async_.monitor.basics import documentation
from zc.async_.monitor.basics import summary
from zc.async_.monitor.connecting import queues_connection
from zc.async_.monitor.encoder import encoder
from zc.async_.monitor.interfaces import Connection
from zc.async_.monitor.interfaces import ToolError


__all__ = ["ToolError", "monitor", "parse_arguments", "parse_number", "tool_help"]

Tools = Mapping[str, Callable[..., Any]]

QUOTED = r""""[^"]*"|'[^']*'"""
WORD = re.compile(rf"(?:{QUOTED}|\S)+")
QUOTES = re.compile(QUOTED)


def monitor(
    funcs: Tools,
    help_text: str,
    connection: Connection,
    cmd: str | None,
    raw: Sequence[str],
    needs_db_connection: bool = False,
) -> None:
    """Run the tool ``cmd`` of ``funcs`` and write what it returns: text as it is, or else JSON.

    Without ``cmd``, write ``help_text`` and the names of the tools.  With
    ``needs_db_connection`` the tool gets a connection to the queues first; what
    it does there is undone.  Raises what the tool raises, but for ``ToolError``.
    """
    if cmd is None:
        text = overview(funcs, help_text)
    elif cmd not in funcs:
        text = f"[Unknown tool name for this command: {cmd}]"
    else:
        text = _answer(funcs[cmd], raw, needs_db_connection)
    connection.write(text if text.endswith("\n") else f"{text}\n")


def _answer(tool: Callable[..., Any], raw: Sequence[str], needs_db_connection: bool) -> str:
    args, kwargs = parse_arguments(raw)
    try:
        if not needs_db_connection:
            return _as_text(tool(*args, **kwargs))
        with queues_connection() as context:
            return _as_text(tool(context, *args, **kwargs))
    except ToolError as error:
        return str(error)


def _as_text(answer: Any) -> str:
    return answer if isinstance(answer, str) else encoder.encode(answer)


def parse_arguments(raw: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Words without a colon, and ``name:value`` pairs, which must come last.

    Blanks between quotes are part of a word.  A word that begins with a quote
    may have colons.
    """
    args: list[str] = []
    kwargs: dict[str, str] = {}
    for word in WORD.findall(" ".join(raw)):
        name, colon, value = word.partition(":")
        if colon and not QUOTES.match(word):
            kwargs[name] = _unquoted(value)
        elif kwargs:
            raise ValueError("placeful modifiers must come before named modifiers")
        else:
            args.append(_unquoted(word))
    return args, kwargs


def _unquoted(word: str) -> str:
    return QUOTES.sub(lambda found: found[0][1:-1], word)


def parse_number(text: str, what: str) -> int:
    """The number that ``text`` is; ``ValueError``, naming ``what`` it should be, for anything else, also below 0."""
    if not text.isdecimal():
        raise ValueError(f"{what} must be a number, not {text!r}")
    return int(text)


def overview(funcs: Tools, intro: str) -> str:
    """The tools with the first lines of their documentation."""
    lines = (f"{name}: {summary(tool)}" for name, tool in sorted(funcs.items()))
    return "\n".join((intro, "", *lines))


def tool_help(funcs: Tools, intro: str, cmd: str | None = None) -> str:
    """The tools with their first lines, or the documentation of one."""
    if cmd is None:
        return overview(funcs, intro)
    if cmd not in funcs:
        return "Unknown async tool"
    return documentation(funcs[cmd]) or "?"
