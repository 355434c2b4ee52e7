"""The command line of ``examples/run.py``."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from cluster import Process
from cluster import wait_until
from demo.browser import Browser


pytestmark = pytest.mark.functional

RUN = Path(__file__).parents[2] / "examples" / "run.py"


def run(tmp_path, *words):
    return Process("run.py", [sys.executable, RUN, *words], tmp_path / "run.log")


def test_start_runs_until_it_is_interrupted(tmp_path):
    process = run(tmp_path, "start", "--keep", str(tmp_path / "home"))
    try:
        process.wait_for(lambda: "Ctrl-C stops everything." in process.output(), "it is up", 180)
        (url,) = [line.split()[1] for line in process.output().splitlines() if line.startswith("  site ")]
        assert "plone.app.async" in Browser().get(url)
        process.send(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.stop(60)
    assert "ended with exit code" not in process.output()
    with pytest.raises(OSError):
        Browser().get(url)
    assert (tmp_path / "home" / "zeo" / "Data.fs").exists()


def test_a_port_in_use_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        process = run(tmp_path, "demo", "--worker-port", str(port))
        assert process.wait(30) == 1
    assert f"Failed: Port {port}: " in process.output()


def test_a_failure_shows_the_logs_and_stops_everything(tmp_path):
    """Here the process that makes the site is killed."""
    process = run(tmp_path, "demo", "--keep", str(tmp_path / "home"))

    def children():
        found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
        return sorted(int(word) for word in found.stdout.split())

    try:
        process.wait_for(lambda: "Creating a Plone site" in process.output(), "it has begun", 60)
        server, script = wait_until(lambda: len(children()) == 2 and children(), "two processes", 30)
        os.kill(script, signal.SIGKILL)
        assert process.wait(60) == 1
    finally:
        process.stop(60)
    assert "the last lines of" in process.output()
    assert "Failed: instance zconsole ended with exit code -9" in process.output()
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
