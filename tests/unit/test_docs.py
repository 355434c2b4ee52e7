"""What the documentation imports and names is there."""

import ast
import pkgutil
import re
import textwrap
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.rst", *sorted((ROOT / "docs").rglob("*.rst"))]
BLOCK = re.compile(r"(\.\. code-block:: python\n|::\n)\n((?:(?: {3,}.*)?\n)+)")
NAME = re.compile(r"``((?:zc\.async_|plone\.app\.async_)(?:\.\w+)+)(?:\(.*?\))?``")

ABSENT = {"zc.async_.z3"}
"""What a page says is not there."""


def parsed(code):
    """The syntax of Python code; None for what is none."""
    try:
        return ast.parse(textwrap.dedent(code))
    except SyntaxError:
        return None


def blocks(text):
    """Whether a block says that it is Python, and its syntax."""
    return [(mark.startswith(".. "), parsed(code)) for mark, code in BLOCK.findall(text)]


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (part.name for part in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{part.name}" for part in node.names)


def exists(name):
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_are_python_and_import_what_is_there(page):
    found = blocks(page.read_text("utf-8"))
    assert all(tree for is_python, tree in found if is_python)
    assert [name for _, tree in found if tree for name in imported(tree) if not exists(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_modules_and_their_parts_are_there(page):
    named = set(NAME.findall(page.read_text("utf-8")))
    assert [name for name in sorted(named - ABSENT) if not exists(name)] == []


def test_there_is_something_to_look_at():
    trees = [tree for page in PAGES for _, tree in blocks(page.read_text("utf-8")) if tree]
    assert len([name for tree in trees for name in imported(tree)]) > 20
