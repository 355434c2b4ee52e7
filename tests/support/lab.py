"""The cluster of the functional and the browser tests: the very processes of ``examples/run.py``."""

from contextlib import closing
from contextlib import contextmanager
from dataclasses import replace

import flood
from cluster import MAIN
from cluster import choose_ports
from cluster import wait_until
from demo.cluster import SITE
from demo.cluster import DemoCluster
from ZEO.ClientStorage import ClientStorage
from ZODB.DB import DB
from ZODB.utils import u64

from zc.async_.interfaces import KEY


class Lab(DemoCluster):
    """The cluster, and ways to look into it from outside.

    Its worker leaves mail in the mail host's queue, and its instance has a monitor as well.
    """

    def __init__(self, home, **options):
        super().__init__(home, **options)
        (monitor_port,) = choose_ports(None)
        self.instance = replace(self.instance, monitor_port=monitor_port)
        self.worker = replace(self.worker, environment={**self.worker.environment, "MAILHOST_QUEUE_ONLY": "1"})

    def running_worker(self):
        """The worker's process; another is started if the last one has ended."""
        process = self.processes[self.worker.name]
        if process.exit_code is not None:
            process = self.launch(self.worker)
            self.worker.wait_until_serving(process)
        wait_until(self.dispatcher_is_active, "the dispatcher is active", 10)
        return process

    def dispatcher_is_active(self):
        """What the database says: whether anybody claims to run the worker's dispatcher."""
        with self.root(self.layout.queues) as root:
            return any(record.activated is not None for record in root[KEY][""].dispatchers.values())

    def pages(self):
        """The ids of the pages that jobs have made."""
        with self.root() as root:
            site = root["Application"]._getOb(SITE)
            return {name for name in site._tree if name.startswith("async-demo")}

    def running_jobs(self):
        """The addresses of the jobs that a worker has in hand, by what they do."""
        with self.root(self.layout.queues) as root:
            agents = [agent for record in root[KEY][""].dispatchers.values() for agent in record.values()]
            jobs = [job for agent in agents for job in agent]
            return {job.title: f"{self.site_url}/@@async-demo-job?id={u64(job._p_oid)}" for job in jobs}

    @contextmanager
    def root(self, storage=MAIN, read_only=True):
        """The root of a database, as it is now; what is changed there is committed."""
        with closing(DB(self.open(storage, read_only))) as database, database.transaction() as connection:
            yield connection.root()

    def open(self, storage, read_only=True):
        """A client of a storage, to be closed by the caller."""
        blobs = str(self.home / f"reader-{storage.name}")
        return ClientStorage(("127.0.0.1", self.zeo.port), storage.name, read_only=read_only, blob_dir=blobs)

    def ask_monitor(self, line, client=None):
        """All that the monitor of a client, by default of the worker, answers to one line."""
        return flood.ask((client or self.worker).monitor_port, line)

    def connect_to_monitor(self, client=None):
        """A socket, to be closed by the caller."""
        return flood.connect((client or self.worker).monitor_port)

    def started_job(self, browser, pause):
        """The address of a job that is running, and will for ``pause`` seconds."""
        address = self.queue_job(browser, title="A slow job", pause=str(pause))
        wait_until(lambda: browser.get_json(address)["started"], "the job has started", 10)
        return address
