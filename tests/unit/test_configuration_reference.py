"""Each ZCML file and each environment variable is in the reference."""

import re
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "configuration.rst").read_text("utf-8")
SRC = ROOT / "src"

VARIABLES = {name for path in SRC.rglob("*.py") for name in re.findall(r"\bZC_ASYNC_[A-Z_]+", path.read_text("utf-8"))}


@pytest.mark.parametrize("folder", ["plone/app/async", "zc/async_"])
def test_zcml_files_are_described(folder):
    files = {path.name for path in (SRC / folder).glob("*.zcml")}
    assert files
    assert {name for name in files if f"``{name}``" not in PAGE} == set()


def test_environment_variables_are_described():
    assert "ZC_ASYNC_UUID" in VARIABLES
    assert {name for name in VARIABLES if f"``{name}``" not in PAGE} == set()


def test_no_variable_is_made_up():
    assert set(re.findall(r"\bZC_ASYNC_[A-Z_]+", PAGE)) <= VARIABLES
