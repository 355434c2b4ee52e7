"""The tests of the example add-on, which the docs show, run by both test runners in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


pytestmark = pytest.mark.functional

ROOT = Path(__file__).parents[2]


def run(*command):
    paths = [str(ROOT / "src"), str(ROOT / "examples"), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_P41_by_zope_testrunner_and_no_threads_are_left():
    output = run("zope.testrunner", "--test-path=examples", "--package=my_addon", "--module=test_with_unittest")
    assert "Total: 8 tests, 0 failures, 0 errors" in output
    assert "left new threads behind" not in output


def test_P41_by_pytest():
    assert "13 passed" in run("pytest", "--quiet", "-p", "no:cacheprovider", "examples/my_addon")
