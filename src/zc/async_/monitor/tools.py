"""Commands made of tools: ``async TOOL word name:value``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from zc.async_.monitor.basics import documentation
from zc.async_.monitor.basics import summary
from zc.async_.monitor.encoder import encoder
from zc.async_.monitor.interfaces import Connection
from zc.async_.monitor.interfaces import ToolError


__all__ = ["ToolError", "help_text", "monitor", "parse_arguments"]

Tools = Mapping[str, Callable[..., Any]]


def monitor(funcs: Tools, intro: str, connection: Connection, cmd: str | None, raw: Sequence[str]) -> None:
    """Run one of ``funcs`` and write what it returns: text as it is, or else JSON.

    Without ``cmd``, the tool ``help`` runs, or ``intro`` is written.  Raises
    what the tool raises, but for ``ToolError``.
    """
    if cmd is None:
        answer: Any = help_text(funcs, intro)
    elif cmd not in funcs:
        answer = f"[Unknown tool name for this command: {cmd}]"
    else:
        args, kwargs = parse_arguments(raw)
        try:
            answer = funcs[cmd](*args, **kwargs)
        except ToolError as error:
            answer = str(error)
    text = answer if isinstance(answer, str) else encoder.encode(answer)
    connection.write(text if text.endswith("\n") else f"{text}\n")


def parse_arguments(raw: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Words without a colon, and ``name:value`` pairs, which must come last."""
    args: list[str] = []
    kwargs: dict[str, str] = {}
    for word in raw:
        name, colon, value = word.partition(":")
        if colon:
            kwargs[name] = value
        elif kwargs:
            raise ValueError("placeful modifiers must come before named modifiers")
        else:
            args.append(word)
    return args, kwargs


def help_text(funcs: Tools, intro: str, cmd: str | None = None) -> str:
    """The tools with their first lines, or the documentation of one."""
    if cmd is None:
        lines = (f"{name}: {summary(tool)}" for name, tool in sorted(funcs.items()))
        return "\n".join((intro, "", *lines))
    if cmd not in funcs:
        return "Unknown async tool"
    return documentation(funcs[cmd]) or "?"
