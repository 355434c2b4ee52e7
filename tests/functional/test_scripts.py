"""Scripts with a worker's configuration know the queues, and start nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from demo.cluster import SITE
from demo.cluster import USER


pytestmark = pytest.mark.functional

EXAMPLES = Path(__file__).parents[2] / "examples"

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


def test_a_script_queues_a_job_as_the_how_to_says(lab, worker):
    """The configuration of an instance will do."""
    lab.instance.write()
    arguments = lab.instance.configuration, EXAMPLES / "recipes" / "rebuild.py", SITE, USER
    done = subprocess.run(
        [sys.executable, "-m", "Zope2.utilities.zconsole", "run", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(EXAMPLES)},
    )
    assert "queued: recipes.views.reindex_tree on /Plone" in done.stdout, done.stderr
