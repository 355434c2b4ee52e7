"""Each public name is in the reference, once."""

import importlib
import inspect
import re
from collections import Counter
from pathlib import Path

import pytest


REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

EXCEPT = {
    "plone.app.async_": {"_", "logger"},  # for this package itself
    "plone.app.async_.decorators": {"job"},  # has a page of its own
    "zc.async_.errors": {"is_conflict"},  # for the engine
}


def described():
    """Module and name of all that the pages describe."""
    found = []
    for page in REFERENCE.glob("*.rst"):
        for block in re.findall(r"^\.\. api:: (?:.+\n(?:   .+\n)*)", page.read_text("utf-8"), re.M):
            module, *names = block.split()[2:]
            found += [(module, name) for name in names or importlib.import_module(module).__all__]
    return found


def public(module):
    """The names that a module is there for: its ``__all__``, or what is written in it or re-exported as itself."""
    if hasattr(module, "__all__"):
        return set(module.__all__)
    again = set(re.findall(r"^from .+ import (\w+) as \1$", inspect.getsource(module), re.M))
    own = {name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__}
    constants = set(re.findall(r"^([A-Z]\w*) = ", inspect.getsource(module), re.M))
    return {name for name in again | own | constants if not name.startswith("_")}


MODULES = [
    "plone.app.async_",
    "plone.app.async_.decorators",
    "plone.app.async_.errors",
    "plone.app.async_.events",
    "plone.app.async_.interfaces",
    "plone.app.async_.overview",
    "plone.app.async_.steering",
    "plone.app.async_.testing",
    "zc.async_.errors",
    "zc.async_.interfaces",
    "zc.async_.testing",
]


@pytest.mark.parametrize("name", MODULES)
def test_all_public_names_are_described(name):
    module = importlib.import_module(name)
    objects = [getattr(importlib.import_module(place), one) for place, one in described()]
    missing = {
        one
        for one in public(module) - EXCEPT.get(name, set())
        if not any(getattr(module, one) is each for each in objects)
    }
    assert missing == set()


def test_none_is_described_twice():
    assert [name for name, count in Counter(described()).items() if count > 1] == []
