"""A PostgreSQL server of the tests' own, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from cluster import Process
from cluster import ProcessFailed
from cluster import choose_ports
from cluster.ports import LOOPBACK


USER = "postgres"
INSTALLATIONS = "/usr/lib/postgresql"
MISSING = "There is no PostgreSQL server here. Install it, on Debian and Ubuntu by: apt-get install postgresql"
READY = "database system is ready to accept connections"
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgreSQL:
    """A server with one database for each storage. As root it runs as the user ``postgres``, for it refuses root."""

    def __init__(self) -> None:
        self.programs = find_programs()
        (self.port,) = choose_ports(None)
        self.home = Path(tempfile.mkdtemp(prefix="plone.app.async-postgres-"))
        if os.getuid() == 0:
            shutil.chown(self.home, USER)
        self.data = self.home / "data"
        self.process: Process | None = None

    def create(self) -> None:
        """Make an empty cluster of databases."""
        self._run("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")

    def create_database(self, name: str) -> None:
        self._run("createdb", *self._address, name)

    def ask(self, query: str, database: str = USER) -> str:
        """What ``psql`` prints for a query, without titles."""
        return self._run("psql", *self._address, "-At", "-c", query, database)

    def start(self) -> None:
        """Return when it answers."""
        options = [f"port={self.port}", f"listen_addresses={LOOPBACK}", f"unix_socket_directories={self.home}", *SPEED]
        settings = [word for option in options for word in ("-c", option)]
        self.process = self._launch("postgres", "-D", self.data, *settings)
        self.process.wait_for(lambda: READY in self.process.output(), "it answers", 30)

    def stop(self) -> None:
        """Stop it at once, cutting all connections."""
        if self.process is not None:
            self.process.send(signal.SIGINT)
            self.process.wait(30)
            self.process = None

    def remove(self) -> None:
        """Stop it and leave nothing."""
        self.stop()
        shutil.rmtree(self.home)

    def dsn(self, database: str) -> str:
        return f"dbname='{database}' user='{USER}' host='{LOOPBACK}' port='{self.port}'"

    @property
    def _address(self) -> tuple[str, ...]:
        return "-h", LOOPBACK, "-p", str(self.port), "-U", USER

    def _run(self, program: str, *args: object) -> str:
        process = self._launch(program, *args)
        if process.wait(60):
            raise ProcessFailed(f"{program} ended with exit code {process.exit_code}\n{process.tail()}")
        return process.output()

    def _launch(self, program: str, *args: object) -> Process:
        command = [str(self.programs / program), *map(str, args)]
        if os.getuid() == 0:
            command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *command]
        return Process(program, command, self.home / f"{program}.log", folder=self.home)


def find_programs() -> Path:
    """The folder of the newest server's programs; if there is none, the tests end and say what to install."""
    found = sorted(Path(INSTALLATIONS).glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.exit(MISSING, returncode=1)
    return found[-1].parent if found else Path(on_path).parent
