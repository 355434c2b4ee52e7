"""Scripts with a worker's configuration know the queues, and start nothing."""

import subprocess
import sys

import pytest


pytestmark = pytest.mark.functional

SCRIPT = """\
import threading
from zope.component import getUtility
from plone.app.async_.interfaces import IAsyncDatabase
print("DATABASE", getUtility(IAsyncDatabase).database_name)
print("THREADS", [thread.name for thread in threading.enumerate()])
"""


def check(output):
    assert "DATABASE main" in output
    (threads,) = [line for line in output.splitlines() if "THREADS" in line]
    assert "MainThread" in threads
    assert "zc.async" not in threads


def test_zconsole_run(lab, worker, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    check(lab.worker.run_script(script))


def test_zconsole_debug(lab, worker):
    command = [sys.executable, "-m", "Zope2.utilities.zconsole", "debug", lab.worker.configuration]
    done = subprocess.run(command, input=SCRIPT, capture_output=True, text=True, timeout=120)
    check(done.stdout)
