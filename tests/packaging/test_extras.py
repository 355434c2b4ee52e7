"""What the parts of the package import is asked for by the extras that promise them."""

import json
import subprocess
import sys
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


IF_THERE = {"pygments", "coverage"}
"""What others try to import and do without, and what measures the tests."""

LOADED = """\
import json, sys
import plone.app.async_.testing
print(json.dumps([getattr(module, "__file__", None) for module in list(sys.modules.values())]))
"""


def closure(name, extras):
    """The names of all distributions that one with these extras asks for, itself included."""
    found, open_ends = set(), [(name, frozenset(extras))]
    while open_ends:
        one, wanted = end = open_ends.pop()
        if end in found:
            continue
        found.add(end)
        for line in metadata.requires(one) or ():
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in wanted | {""}):
                open_ends.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return {one for one, _ in found}


def owners():
    """The distributions of each module, by its file."""
    return {
        str(found.locate_file(file)): canonicalize_name(found.metadata["Name"])
        for found in metadata.distributions()
        for file in found.files or ()
        if file.suffix in (".py", ".so")
    }


def test_a_test_of_an_add_on_needs_the_extra_testing_only():
    printed = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout
    owner = owners()
    used = {owner[file] for file in json.loads(printed) if file in owner}
    assert {"plone-app-contenttypes", "plone-app-testing", "zodb"} <= used
    assert used - IF_THERE <= closure("plone.app.async", {"testing"})
