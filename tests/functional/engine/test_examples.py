"""The example without Plone does what it says."""

import subprocess
import sys
from pathlib import Path

import pytest


pytestmark = pytest.mark.functional

SCRIPT = Path(__file__).parents[3] / "examples" / "plain_zodb.py"


def test_plain_zodb():
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    assert [line.split(" by ")[0] for line in done.stdout.splitlines()] == ["0 -> 0.0", "1 -> 1.0", "4 -> 2.0"]
