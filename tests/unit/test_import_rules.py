"""Imports point down only, and no module grows two duties.

The floors of the house, from above::

    plone.app.async_    Plone
    zc.async_.monitordb the operators' questions to the database
    zc.async_.monitor   the operators' line server
    zc.async_           the engine, which knows nothing of Zope or Plone
"""

import ast
import importlib.util
import re
from pathlib import Path

import pytest


SRC = Path(__file__).parents[2] / "src"

ZOPE_AND_PLONE = {
    "AccessControl",
    "Acquisition",
    "App",
    "OFS",
    "Products",
    "ZPublisher",
    "Zope2",
    "plone",
    "z3c",
    "zExceptions",
    "zope.globalrequest",
    "zope.publisher",
    "zope.security",
    "zope.site",
}

# Floor, its folder, and what lies above it.
FLOORS = {
    "zc.async_": {*ZOPE_AND_PLONE, "zc.async_.monitor", "zc.async_.monitordb"},
    "zc.async_.monitor": {*ZOPE_AND_PLONE, "zc.async_.monitordb"},
    "zc.async_.monitordb": ZOPE_AND_PLONE,
}

# What version 1 stood on, and Python 3 has not.
GONE = {"Signals", "ZServer", "asyncore", "zope.app"}

LONGEST = {"zc": 350, "plone": 150}


def modules():
    """All modules of both packages, by dotted name."""
    for path in sorted(SRC.rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        yield ".".join(parts), path


MODULES = dict(modules())


def is_at_or_below(name, package):
    return name == package or name.startswith(f"{package}.")


def floor_of(name):
    """The floor that a module is on, the longest name winning."""
    return max((floor for floor in FLOORS if is_at_or_below(name, floor)), key=len, default=None)


def imported(name, path):
    """The dotted names in the import statements of a module, wherever in it they stand."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (part.name for part in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            # ``from zc.async_ import monitor`` names a module by its last part.
            yield from (f"{base}.{part.name}" for part in node.names)


def forbidden(name, path):
    above = FLOORS.get(floor_of(name), ())
    return [found for found in imported(name, path) if any(is_at_or_below(found, one) for one in above)]


def test_there_is_something_to_look_at():
    assert {"zc.async", "zc.async_", "zc.async_.monitor", "plone.app.async", "plone.app.async_"} <= set(MODULES)


@pytest.mark.parametrize("name", [name for name in MODULES if floor_of(name)])
def test_imports_point_down(name):
    assert forbidden(name, MODULES[name]) == []


@pytest.mark.parametrize(
    ("name", "code", "found"),
    [
        ("zc.async_.queue", "import zc.async_.monitor.tools", ["zc.async_.monitor.tools"]),
        ("zc.async_.queue", "from zc.async_ import monitor, job", ["zc.async_.monitor"]),
        ("zc.async_.queue", "def f():\n    from . import monitor", ["zc.async_.monitor"]),
        ("zc.async_.queue", "from Products.CMFPlone import utils", ["Products.CMFPlone.utils"]),
        ("zc.async_.queue", "import ZODB, ploneish, zope.component", []),
        ("zc.async_.monitor.tools", "from .. import queue\nfrom . import server", []),
        ("zc.async_.monitor.tools", "from zc.async_ import monitordb", ["zc.async_.monitordb"]),
        ("zc.async_.monitordb.tools", "from zc.async_ import claims, monitor", []),
        ("zc.async_.monitor.tools", "from plone.app.async_ import service", ["plone.app.async_.service"]),
        ("plone.app.async_.service", "import zc.async_.monitor, Zope2", []),
    ],
)
def test_the_rule_sees_every_form_of_import(tmp_path, name, code, found):
    path = tmp_path / "module.py"
    path.write_text(code)

    assert forbidden(name, path) == found


@pytest.mark.parametrize("name", MODULES)
def test_P45_nothing_is_imported_that_is_gone(name):
    assert not [found for found in imported(name, MODULES[name]) if any(is_at_or_below(found, one) for one in GONE)]


@pytest.mark.parametrize("name", MODULES)
def test_modules_stay_short(name):
    lines = MODULES[name].read_text(encoding="utf-8").count("\n")

    assert lines <= LONGEST[name.partition(".")[0]]


def test_namespace_packages_have_no_init():
    for folder in ("zc", "plone", "plone/app"):
        assert not (SRC / folder / "__init__.py").exists()


def rooms_in_the_docs():
    """The modules that the page lists, by dotted name."""
    page = (SRC.parent / "docs" / "explanation" / "rooms.rst").read_text(encoding="utf-8")
    listed = re.findall(r"^\.\. modules:: ((?:.*\n)(?: {3}[^:].*\n)*)(?: {3}:package: (.*)\n)?", page, re.M)
    return sorted(f"{package or 'zc.async_'}.{name}" for names, package in listed for name in names.split())


def test_the_docs_show_all_rooms():
    floors = {*FLOORS, "plone.app.async_"}
    assert rooms_in_the_docs() == sorted(name for name in MODULES if "async_." in name and name not in floors)
