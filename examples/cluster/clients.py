"""The folders and configuration of a ZEO server and of its Zope clients."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from string import Template

from cluster.ports import HOST
from cluster.ports import LOOPBACK
from cluster.ports import accepts
from cluster.processes import Process
from cluster.processes import ProcessFailed


TEMPLATES = Path(__file__).parent / "templates"
START_LIMIT = 120.0  # seconds; a fresh environment has no compiled modules yet
SCRIPT_LIMIT = 300.0


def fill(template: str, **values: object) -> str:
    """The text of a template with these values."""
    return Template((TEMPLATES / template).read_text("utf-8")).substitute(values)


def write(path: Path, template: str, **values: object) -> Path:
    """Fill a template and write it, making the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(fill(template, **values), "utf-8")
    return path


@dataclass(frozen=True)
class Storage:
    """A storage of the ZEO server, by its ``name`` there, and the database that clients make of it."""

    name: str
    database: str
    file: str
    blobs: str
    mount_point: str


MAIN = Storage("1", "main", "Data.fs", "blobs", "/")
ASYNC = Storage("async", "async", "async.fs", "blobs-async", "/zasync")


@dataclass
class ZEOServer:
    """A ZEO server with FileStorages and their blobs; ``program`` is what Python runs with its configuration."""

    home: Path
    port: int
    storages: Sequence[Storage] = (MAIN,)
    program: Sequence[str | Path] = ("-m", "ZEO.runzeo")

    def file(self, storage: Storage) -> Path:
        return self.home / storage.file

    def blobs(self, storage: Storage) -> Path:
        return self.home / storage.blobs

    def start(self) -> Process:
        """Start it without waiting; see ``wait_until_serving``."""
        config = write(
            self.home / "zeo.conf",
            "zeo.conf.in",
            address=f"{LOOPBACK}:{self.port}",
            storages="\n".join(
                fill("filestorage.in", name=each.name, file=self.file(each), blobs=self.blobs(each))
                for each in self.storages
            ),
        )
        command = [sys.executable, *self.program, "-C", config]
        return Process("ZEO server", command, self.home / "zeo.log")

    def wait_until_serving(self, process: Process) -> None:
        """Return when clients can connect."""
        process.wait_for(lambda: accepts(self.port), "it listens", START_LIMIT)

    def section(self, storage: Storage, client: Path) -> str:
        """What a ``zope.conf`` says of a storage; ``client`` is the home of the client, who shares the blobs here."""
        return fill(
            "zodb_db.in",
            database=storage.database,
            mount_point=storage.mount_point,
            zeo=f"{LOOPBACK}:{self.port}",
            storage=storage.name,
            blobs=self.blobs(storage),
        )


@dataclass
class Client:
    """A Zope process that is a client of ``zeo`` and loads one more ZCML file.

    ``include`` is the pair of package and file; ``monitor_port`` makes the
    product configuration of the monitor.
    """

    name: str
    home: Path
    zeo: ZEOServer
    port: int
    include: tuple[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    monitor_port: int | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        return self.home / "var" / "log" / "event.log"

    @property
    def configuration(self) -> Path:
        """Its zope.conf, which is there after ``write``."""
        return self.home / "etc" / "zope.conf"

    def write(self) -> None:
        """Make the instance home."""
        for folder in "var/log", "var/cache":
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        monitor = ""
        if self.monitor_port is not None:
            bind = f"{LOOPBACK}:{self.monitor_port}"
            monitor = f"<product-config zc.z3monitor>\n  bind {bind}\n</product-config>"
        write(
            self.configuration,
            "zope.conf.in",
            home=self.home,
            environment="\n".join(f"  {name} {value}" for name, value in self.environment.items()),
            databases="\n".join(self.zeo.section(storage, self.home) for storage in self.zeo.storages),
            product_config=monitor,
        )
        package, file = self.include
        write(self.home / "etc" / "site.zcml", "site.zcml.in")
        # As plone.recipe.zope2instance writes what is under zcml-additional.
        additional = self.home / "etc" / "package-includes" / "999-additional-overrides.zcml"
        write(additional, "additional.zcml.in", package=package, file=file)
        write(self.home / "etc" / "zope.ini", "zope.ini.in", listen=f"{LOOPBACK}:{self.port}")

    def start(self) -> Process:
        """Start it without waiting; see ``wait_until_serving``."""
        self.write()
        command = [sys.executable, "-m", "Zope2.Startup.serve", self.home / "etc" / "zope.ini"]
        return Process(self.name, command, self.log, folder=self.home)

    def wait_until_serving(self, process: Process) -> None:
        """Return when it answers requests.  Its port is open before that."""
        process.wait_for(lambda: "Serving on " in process.output(), "it serves", START_LIMIT)

    def run_script(self, script: Path, environment: Mapping[str, str] | None = None) -> str:
        """What ``zconsole run`` prints for this script.

        Raises ``ProcessFailed`` with the last lines unless it ends with 0.
        """
        self.write()
        command = [sys.executable, "-m", "Zope2.utilities.zconsole", "run", self.configuration, script]
        log = self.home / "var" / "log" / "zconsole.log"
        process = Process(f"{self.name} zconsole", command, log, environment, self.home)
        try:
            code = process.wait(SCRIPT_LIMIT)
        finally:
            process.kill()
        if code:
            raise ProcessFailed(f"{process.name} ended with exit code {code}\n{process.tail()}")
        return process.output()
