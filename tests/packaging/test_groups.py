"""``make test`` runs all tests, though in groups."""

import re
from pathlib import Path


ROOT = Path(__file__).parents[2]


def test_each_folder_is_in_a_group():
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    folders = re.findall(r'"(tests/\w+)"', re.search(r"^testpaths = (.*)$", config, re.M)[1])
    groups = re.findall(r"^test-group-\w+: TESTS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert sorted(" ".join(groups).split()) == sorted(folders)
