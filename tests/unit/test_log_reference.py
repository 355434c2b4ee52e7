"""The page about the log has all messages of the engine, with their levels."""

import ast
import re
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
LOGGERS = {"events": "zc.async.events", "jobs": "zc.async.jobs", "trace": "zc.async.trace"}
LEVELS = ("debug", "info", "warning", "error", "critical")


def logged():
    """Logger, level (None if it is a variable) and message of each call in the engine."""
    for path in sorted((ROOT / "src/zc/async_").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            logger = LOGGERS.get(getattr(node.func.value, "id", None))
            if logger and node.func.attr in LEVELS:
                yield logger, node.func.attr.upper(), node.args[0].value
            elif logger and node.func.attr == "log":
                yield logger, None, node.args[1].value


def documented():
    """The same, of each row of the page."""
    text = (ROOT / "docs/reference/log.rst").read_text("utf-8")
    for section in re.split(r"\n(?=``zc\.async\.\w+``\n=)", text)[1:]:
        logger = re.match(r"``(.*)``", section)[1]
        for level, message in re.findall(r"\* - ([A-Z]+)\n     - ``(.*)``\n", section):
            yield logger, level, message


@pytest.mark.parametrize(("logger", "level", "message"), list(logged()))
def test_each_message_is_explained(logger, level, message):
    shown = message.replace("\n", "\\n")
    assert any(row[0] == logger and row[2] == shown and level in (None, row[1]) for row in documented())


def test_there_is_something_to_look_at():
    assert len(list(logged())) > 30
