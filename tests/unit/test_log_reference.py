"""The page about the log has all messages, with their loggers and levels, and no others."""

import ast
import re
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error", "critical"}
ENGINE = {"events": "zc.async.events", "jobs": "zc.async.jobs", "trace": "zc.async.trace"}
ROOMS = {
    "zc/async_/*.py": ENGINE,
    "zc/async_/monitor/*.py": {"logger": "zc.async_.monitor.server", "logging": "the root logger"},
    "plone/app/async_/**/*.py": {"logger": "plone.app.async"},
}


def logged():
    """Logger, level (None if it is a variable) and message of each call."""
    for pattern, loggers in ROOMS.items():
        for path in sorted((ROOT / "src").glob(pattern)):
            yield from logged_by(ast.parse(path.read_text("utf-8")), loggers)


def logged_by(module, loggers):
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        logger, method = loggers.get(getattr(node.func.value, "id", None)), node.func.attr
        if logger and method in LEVELS:
            yield logger, method.upper(), node.args[0].value.replace("\n", "\\n")
        elif logger and method == "exception":
            yield logger, "ERROR", node.args[0].value
        elif logger and method == "log":
            yield logger, None, node.args[1].value.replace("\n", "\\n")


def documented():
    """Logger, level and message of each row of the page."""
    text = (ROOT / "docs/reference/log.rst").read_text("utf-8")
    title = r"\n(?=(?:``[\w.]+``|The root logger)\n=)"
    for section in re.split(title, text)[1:]:
        logger = section.splitlines()[0].strip("`").replace("The root", "the root")
        for level, message in re.findall(r"\* - ([A-Z]+)\n     - ``(.*)``\n", section):
            yield logger, level, message


@pytest.mark.parametrize(("logger", "level", "message"), sorted(set(logged()), key=repr))
def test_each_message_is_explained(logger, level, message):
    assert any(row[0] == logger and row[2] == message and level in (None, row[1]) for row in documented())


def test_no_message_is_made_up():
    assert {(logger, message) for logger, _, message in documented()} == {
        (logger, message) for logger, _, message in logged()
    }


def test_there_is_something_to_look_at():
    assert len(list(logged())) > 50
