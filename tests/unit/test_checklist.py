"""Each item of the checklists is a test, or the docs say what differs and why.

E: engine, P: Plone, M: monitor.
"""

import re
from pathlib import Path


ROOT = Path(__file__).parents[2]
ITEMS = {f"E{number}" for number in range(1, 124)} | {f"P{number}" for number in range(1, 46)}
ITEMS |= {f"M{number}" for number in range(1, 52)}
DIFFERENCES = ROOT / "docs" / "reference" / "differences.rst"


def named_in_tests():
    """Items in the names of tests: ``test_E83_E85_a_job_put_back_comes_first``."""
    names = re.findall(
        r"^def test_(\w+)", "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")), re.M
    )
    return {item for name in names for item in re.findall(r"(?:^|_)([EPM]\d+)(?=_)", name)}


def named_in_differences():
    """Items that begin a line of the page's lists."""
    return set(re.findall(r"\b([EPM]\d+)\b", DIFFERENCES.read_text("utf-8")))


def test_every_item_is_tested_or_explained():
    missing = ITEMS - named_in_tests() - named_in_differences()
    assert not missing, sorted(missing, key=lambda item: (item[0], int(item[1:])))


def test_no_item_is_made_up():
    assert named_in_tests() | named_in_differences() <= ITEMS
