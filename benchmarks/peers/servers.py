"""Redis and PostgreSQL with the settings they have by themselves, in a folder and on a port of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cluster import START_LIMIT
from benchmarks.cluster import free_port


MISSING = "{} is not installed; in Debian: apt-get install redis-server postgresql"


def redis_program() -> str:
    """The path of ``redis-server``; ``SystemExit`` without."""
    found = shutil.which("redis-server")
    if found is None:
        raise SystemExit(MISSING.format("redis-server"))
    return found


def postgresql_program(name: str) -> str:
    """The path of one of PostgreSQL's server programs, the newest if there are several; ``SystemExit`` without."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    found = shutil.which(name, path=os.pathsep.join(map(str, reversed(folders)))) or shutil.which(name)
    if found is None:
        raise SystemExit(MISSING.format(name))
    return found


def versions() -> dict[str, str]:
    """What the servers say of themselves."""
    redis = subprocess.check_output([redis_program(), "--version"], text=True)
    postgresql = subprocess.check_output([postgresql_program("postgres"), "--version"], text=True)
    return {"Redis": redis.split("v=")[1].split()[0], "PostgreSQL": postgresql.split()[2]}


def _wait(port: int, name: str) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.02)
    raise SystemExit(f"{name} did not start")


@contextlib.contextmanager
def _running(command: list[str], port: int, log: Path, user: str | None) -> Iterator[None]:
    with log.open("w") as file:
        # A session of its own: a Ctrl+C is for the runner, which ends the servers last.
        process = subprocess.Popen(command, stdout=file, stderr=file, user=user, start_new_session=True)
    try:
        _wait(port, command[0])
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def redis(folder: Path, safest: bool) -> Iterator[str]:
    """An empty Redis; its URL. In the safest way each write is on the disk before it is answered."""
    port = free_port()
    command = [redis_program(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    if safest:
        command += ["--appendonly", "yes", "--appendfsync", "always"]
    with _running(command, port, folder / "redis.log", None):
        yield f"redis://127.0.0.1:{port}/0"


class PostgreSQL:
    """A running PostgreSQL, which gives a new database to whoever asks."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._made = 0

    def new_database(self) -> str:
        """Its connection string."""
        self._made += 1
        name = f"peers{self._made}"
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--username", "postgres"]
        subprocess.run([postgresql_program("createdb"), *place, name], check=True)
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={name}"


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[PostgreSQL]:
    """A PostgreSQL in a new folder, run by the user ``postgres`` if we are root, whom it refuses."""
    user = "postgres" if os.geteuid() == 0 else None
    home = folder / "postgresql"
    home.mkdir()
    if user:
        folder.chmod(0o755)
        shutil.chown(home, user)
    data = home / "data"
    make = [postgresql_program("initdb"), "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
    subprocess.run([*make, "--pgdata", str(data)], user=user, cwd="/", check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    command = [postgresql_program("postgres"), "-D", str(data), "-k", str(home), "-h", "127.0.0.1", "-p", str(port)]
    with _running(command, port, folder / "postgresql.log", user):
        _wait_until_ready(port)
        yield PostgreSQL(port)


def _wait_until_ready(port: int) -> None:
    command = [postgresql_program("pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(port)]
    deadline = time.monotonic() + START_LIMIT
    while subprocess.run(command).returncode:
        if time.monotonic() > deadline:
            raise SystemExit("PostgreSQL did not get ready")
        time.sleep(0.05)
