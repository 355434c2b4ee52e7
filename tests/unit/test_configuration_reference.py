"""Each ZCML file and each environment variable is in the reference."""

import re
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "configuration.rst").read_text("utf-8")
SRC = ROOT / "src"

VARIABLE = re.compile(r"\b(?:ZC_ASYNC|PLONE_ASYNC)_[A-Z_]+\b|\bNO_COLOR\b")
VARIABLES = {name for path in SRC.rglob("*.py") for name in VARIABLE.findall(path.read_text("utf-8"))}


@pytest.mark.parametrize("folder", ["plone/app/async", "zc/async_"])
def test_zcml_files_are_described(folder):
    files = {path.name for path in (SRC / folder).glob("*.zcml")}
    assert files
    assert {name for name in files if f"``{name}``" not in PAGE} == set()


def test_environment_variables_are_described():
    assert {"ZC_ASYNC_UUID", "PLONE_ASYNC_CONFIG", "NO_COLOR"} <= VARIABLES
    assert {name for name in VARIABLES if f"``{name}``" not in PAGE} == set()


def test_no_variable_is_made_up():
    assert set(VARIABLE.findall(PAGE)) <= VARIABLES
