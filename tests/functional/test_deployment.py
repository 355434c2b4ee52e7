"""The files of ``examples/deployment``: what they name is there, and what they start works together."""

import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from cluster import Process
from cluster import choose_ports
from cluster.ports import accepts
from headless import EXAMPLES
from headless import wait_until_said
from headless import wait_until_working


pytestmark = pytest.mark.functional

ALIVE = EXAMPLES / "container" / "alive.py"
DOCKERFILE = (EXAMPLES / "container" / "Dockerfile").read_text()
COMPOSE = (EXAMPLES / "container" / "compose.yaml").read_text()
PROGRAMS = Path(sys.executable).parent
PREFIX = "/srv/plone"
UNITS = sorted((EXAMPLES / "systemd").glob("*.service"))
EXIT_LIMIT = 30


class Unit:
    """What a systemd unit says."""

    def __init__(self, path):
        lines = [line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]
        self.settings = [tuple(line.split("=", 1)) for line in lines]

    def all(self, name):
        return [value for key, value in self.settings if key == name]

    @property
    def environment(self):
        return dict(pair.split("=", 1) for line in self.all("Environment") for pair in shlex.split(line))

    @property
    def command(self):
        (line,) = self.all("ExecStart")
        return shlex.split(line)

    def start(self, home, **changed):
        """Do as systemd would, with the tree in ``home`` and these values in place of those of the unit."""
        (home / "tmp").mkdir(parents=True)
        places = {
            f"{PREFIX}/.venv/bin": str(PROGRAMS),
            PREFIX: str(EXAMPLES),
            "/var/lib": str(home),
            "127.0.0.1:8100": changed["zeo"],
            "127.0.0.1:8080": changed.get("listen", ""),
        }
        command = [replaced(word, places) for word in self.command]
        environment = {name: replaced(value, places) for name, value in self.environment.items()}
        return Process(command[0], command, home / "log", {**environment, "TMPDIR": str(home / "tmp")}, home)


def replaced(text, places):
    for old, new in places.items():
        text = text.replace(old, new)
    return text


def wanted(path):
    """The environment variables that a configuration asks for."""
    return set(re.findall(r"\$\((\w+)\)", path.read_text()))


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_what_a_unit_names_is_there(path):
    unit = Unit(path)
    files = [PROGRAMS / word.rpartition("/")[2] for word in unit.command if "/bin/" in word]
    etc = [EXAMPLES / word.removeprefix(f"{PREFIX}/") for word in unit.command if "/etc/" in word]
    assert files and etc
    assert all(file.is_file() for file in files + etc)
    (configuration,) = etc
    if configuration.suffix == ".ini":
        configuration = configuration.with_name("zope.conf")
    assert wanted(configuration) <= set(unit.environment)


def test_a_worker_gets_longer_to_stop_than_its_jobs():
    unit = Unit(EXAMPLES / "systemd" / "plone-worker@.service")
    (limit,) = unit.all("TimeoutStopSec")
    assert float(limit) > float(unit.environment["ZC_ASYNC_GRACE"]) + 10


def test_a_container_has_what_its_configuration_asks_for():
    given = set(re.findall(r"(\w+)=", "".join(re.findall(r"^ENV (?:.*\\\n)*.*", DOCKERFILE, re.M))))
    for_zeo = set(re.findall(r"^ +(\w+): ", COMPOSE.partition("  instance:")[0], re.M))
    assert wanted(EXAMPLES / "etc" / "zope.conf") <= given
    assert wanted(EXAMPLES / "etc" / "zeo.conf") <= given | for_zeo
    assert 'CMD ["plone-async", "worker"]' in DOCKERFILE
    (grace,) = re.findall(r'ZC_ASYNC_GRACE: "(\d+)"', COMPOSE)
    (limit,) = re.findall(r"stop_grace_period: (\d+)s", COMPOSE)
    assert int(limit) > int(grace) + 10


def test_what_the_units_start_works_together(tmp_path):
    zeo, http = choose_ports(None, None)
    addresses = {"zeo": f"127.0.0.1:{zeo}", "listen": f"127.0.0.1:{http}"}
    units = {path.stem: Unit(path) for path in UNITS}
    (tmp_path / "plone-zeo").mkdir()
    processes = [units["plone-zeo"].start(tmp_path, **addresses)]
    try:
        processes[0].wait_for(lambda: accepts(zeo), "it listens", 60)
        worker = units["plone-worker@"].start(tmp_path / "worker", **addresses)
        processes.append(worker)
        wait_until_working(worker)
        processes.append(units["plone-instance"].start(tmp_path / "instance", **addresses))
        wait_until_said(processes[-1], "Serving on")
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/") as answer:
            assert answer.status == 200
        alive = subprocess.run(
            [sys.executable, ALIVE], env={"TMPDIR": str(tmp_path / "worker" / "tmp")}, capture_output=True, text=True
        )
        assert (alive.stdout.endswith(" is RUNNING\n"), alive.returncode) == (True, 0), alive
        for process in reversed(processes):
            process.send(signal.SIGTERM)
            assert process.wait(EXIT_LIMIT) == 0, process.tail()
    finally:
        for process in reversed(processes):
            process.stop()
