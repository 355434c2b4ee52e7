"""The examples in the documentation are answers of a worker, and what it says today.

``RECORD=1`` writes them anew into the page. An example is a block whose first line is a command after ``>``.
"""

import os
import re
from pathlib import Path
from textwrap import indent

import pytest
from monitor_examples import answer
from monitor_examples import worker

from zc.async_ import monitor
from zc.async_ import monitordb


PAGE = Path(__file__).parents[3] / "docs" / "reference" / "monitor.rst"
EXAMPLE = re.compile(r"^   > (async.*)\n((?:   (?!> ).+\n|\n(?=   (?!> )))*)", re.MULTILINE)


@pytest.fixture(scope="module")
def at_work(tmp_path_factory):
    with worker(tmp_path_factory.mktemp("database")) as numbers:
        yield numbers


@pytest.fixture(autouse=True)
def components():
    """The worker's registrations live as long as the module."""


def labels(text):
    """What does not differ from run to run: names in objects, or how a text begins."""
    names = re.findall(r'"([a-z][a-zA-Z ]*)":', text)
    return sorted(set(names)) if names else re.sub(r"[\d.:-]+|[0-9a-f]{8,}", "0", text.splitlines()[0])


def test_the_documentation_shows_what_is_answered(at_work):
    page = PAGE.read_text("utf-8")
    if os.environ.get("RECORD"):
        page = EXAMPLE.sub(lambda found: f"   > {found[1]}\n" + indent(answer(found[1], at_work), "   "), page)
        PAGE.write_text(page, "utf-8")
    for line, shown in EXAMPLE.findall(page):
        assert labels(indent(answer(line, at_work), "   ")) == labels(shown), line


def test_every_tool_is_documented_with_its_arguments():
    page = PAGE.read_text("utf-8")
    for command, funcs in (("async", monitor.funcs), ("asyncdb", monitordb.funcs)):
        for name, tool in funcs.items():
            usage = re.search(r"Usage: (.*)", tool.__doc__)[1]
            assert f"``{command} {usage}``" in page
            assert re.search(rf"^   > {command} {name}\b", page, re.M), f"no example of {command} {name}"
