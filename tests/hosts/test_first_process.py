"""A worker as the first process of a container: in a PID namespace, on a file system that is read-only.

Signals have no default action there, and nothing of the container outlives it but the identity.
"""

import shlex
import signal
import subprocess
import time

import pytest
from cluster import Process
from headless import COMMAND
from headless import EXAMPLES
from headless import running_server
from headless import wait_until_said
from headless import wait_until_working

from zc.async_.signals import SAME_ACT


EXIT_LIMIT = 30

ENTRY = """\
set -e
mount --make-rprivate /
mount --bind {home} {home}
mount -o remount,bind,ro {home}
mount --bind {identity} {home}/identity
mount -t tmpfs tmpfs {home}/tmp
mount -o remount,bind,ro /
if touch /file {home}/file; then exit 99; fi
exec {command}
"""
"""What the engine of a container does before it starts the first process."""


class Container:
    """Made of a folder ``home`` that is read-only in it, and an ``identity`` that outlives it."""

    def __init__(self, folder, zeo):
        self.folder = folder
        home = folder / "app"
        (home / "tmp").mkdir(parents=True)
        (home / "identity").mkdir()
        (folder / "volume").mkdir()
        for name in "zope.conf", "site.zcml":
            (home / "etc").mkdir(exist_ok=True)
            (home / "etc" / name).write_bytes((EXAMPLES / "etc" / name).read_bytes())
        self.environment = {
            "ZOPE_HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "ZEO_ADDRESS": zeo,
            "ZC_ASYNC_UUID": str(home / "identity" / "uuid.txt"),
            "PLONE_ASYNC_CONFIG": str(home / "etc" / "zope.conf"),
        }
        command = shlex.join(map(str, COMMAND))
        self.entry = ENTRY.format(home=home, identity=folder / "volume", command=command)
        self.processes = []

    def start(self):
        """Run it anew; its first process is in the way of signals."""
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", self.entry]
        log = self.folder / f"log-{len(self.processes)}"
        self.processes.append(Process("container", command, log, self.environment, self.folder))
        return self.processes[-1]

    def send(self, number):
        """Send a signal to the first process, as ``docker stop`` does."""
        (pid,) = subprocess.check_output(["pgrep", "-P", str(self.processes[-1].pid)], text=True).split()
        subprocess.run(["kill", f"-{number}", pid], check=True)

    def stop(self):
        for process in self.processes:
            process.kill()


@pytest.fixture
def container(tmp_path):
    with running_server(tmp_path / "zeo") as (server, process):
        container = Container(tmp_path / "container", f"127.0.0.1:{server.port}")
        container.server = process
        yield container
        container.stop()


def test_it_starts_again_as_who_it_was_and_obeys_signals(container):
    said = []
    for number in signal.SIGTERM, signal.SIGINT:
        process = container.start()
        wait_until_working(process)
        said.append(process.output().partition("Jobs are run here by dispatcher ")[2].partition("\n")[0])
        container.send(number)
        assert process.wait(EXIT_LIMIT) == 0, process.tail()
        assert "The worker has ended" in process.output()
    assert said[0] == said[1] != ""


def test_a_second_signal_ends_it_at_once(container):
    process = container.start()
    wait_until_working(process)
    container.server.stop()  # so that the first one takes its time
    wait_until_said(process, "Disconnected from storage")
    container.send(signal.SIGTERM)
    wait_until_said(process, "This process ends, as SIGTERM tells it")
    time.sleep(2 * SAME_ACT)  # sooner it would be the same act
    container.send(signal.SIGINT)
    assert process.wait(EXIT_LIMIT) == 128 + signal.SIGINT, process.tail()
