"""The cluster of the demonstration: ZEO server, instance, worker, and a site."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from cluster import ASYNC
from cluster import MAIN
from cluster import Client
from cluster import Process
from cluster import Storage
from cluster import ZEOServer
from cluster import choose_ports

from demo.browser import Browser


SITE = "Plone"
USER = "editor"
MAKE_SITE = Path(__file__).parent / "make_site.py"
PACKAGE = "plone.app.async"


@dataclass(frozen=True)
class Layout:
    """Where the queues are: all storages, that of the queues, and the role files for it."""

    storages: Sequence[Storage]
    queues: Storage
    instance: str
    worker: str


SINGLE_DB = Layout((MAIN,), MAIN, "single_db_instance.zcml", "single_db_worker.zcml")
MULTI_DB = Layout((MAIN, ASYNC), ASYNC, "multi_db_instance.zcml", "multi_db_worker.zcml")


class DemoCluster:
    """Starts what a job needs, and stops it in the end, whatever happens.

    ``ports`` are those of the ZEO server, the instance, the worker and the
    worker's monitor; ``None`` means a free one.  ``say`` is told what is done.
    """

    def __init__(
        self,
        home: Path,
        ports: Iterable[int | None] = (None, None, None, None),
        say: Callable[[str], None] = lambda line: None,
        layout: Layout = SINGLE_DB,
    ) -> None:
        zeo, instance, worker, monitor = choose_ports(*ports)
        self.say = say
        self.home = home
        self.layout = layout
        self.password = secrets.token_urlsafe(12)
        self.zeo = ZEOServer(home / "zeo", zeo, layout.storages)
        self.instance = Client(
            "instance",
            home / "instance",
            self.zeo,
            instance,
            (PACKAGE, layout.instance),
            {"ZC_ASYNC_UUID": str(home / "instance" / "var" / "uuid.txt")},
        )
        self.worker = Client(
            "worker",
            home / "worker",
            self.zeo,
            worker,
            (PACKAGE, layout.worker),
            {"ZC_ASYNC_UUID": str(home / "worker" / "var" / "uuid.txt")},
            monitor,
        )
        self.processes: dict[str, Process] = {}

    @property
    def site_url(self) -> str:
        return f"{self.instance.url}/{SITE}"

    def __enter__(self) -> DemoCluster:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self.start_server()
        self.say("Creating a Plone site")
        self.make_site()
        self.say(f"Starting the instance on port {self.instance.port} and the worker on port {self.worker.port}")
        for client in self.instance, self.worker:
            self.launch(client)
        for client in self.instance, self.worker:
            client.wait_until_serving(self.processes[client.name])

    def start_server(self) -> None:
        self.say(f"Starting the ZEO server on port {self.zeo.port}")
        self.processes["zeo"] = self.zeo.start()
        self.zeo.wait_until_serving(self.processes["zeo"])

    def make_site(self) -> None:
        environment = {"DEMO_SITE": SITE, "DEMO_USER": USER, "DEMO_PASSWORD": self.password}
        self.instance.run_script(MAKE_SITE, environment)

    def launch(self, client: Client) -> Process:
        """Start a client of this cluster, whose end this cluster will see to."""
        process = self.processes[client.name] = client.start()
        return process

    def stop(self) -> None:
        """Stop all processes, those that need others first."""
        running = {name: process for name, process in self.processes.items() if process.exit_code is None}
        server = running.pop("zeo", None)
        for process in running.values():
            process.terminate()
        for process in [*running.values(), *([server] if server else [])]:
            if process.stop() != 0:
                self.say(f"The {process.name} ended with exit code {process.exit_code}")

    def log_in(self) -> Browser:
        """A browser in which the site's user has filled in the login form."""
        browser = Browser()
        fields = {"__ac_name": USER, "__ac_password": self.password, "buttons.login": "Log in"}
        browser.post(f"{self.site_url}/login", **fields)
        return browser

    def queue_job(self, browser: Browser, **fields: str) -> str:
        """Ask the demo's view for a job; the address at which it is described."""
        answer: Any = browser.post_json(f"{self.site_url}/@@async-demo", **fields)
        return answer["url"]
