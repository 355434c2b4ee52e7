"""Queues in a second database of a real ZEO server."""

import time
import uuid
from contextlib import ExitStack
from contextlib import closing

import pytest
import sample_jobs
import transaction
import zope.component
import zope.component.event
from cluster import ASYNC
from cluster import MAIN
from cluster import ZEOServer
from cluster import choose_ports
from ZEO.ClientStorage import ClientStorage
from ZODB.DB import DB

from zc.async_.dispatcher import Dispatcher
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.job import Job
from zc.async_.subscribers import agent_installer
from zc.async_.subscribers import queue_installer
from zc.async_.testing import wait_for_result


pytestmark = pytest.mark.functional


class HardOfHearing(ClientStorage):
    """Takes its time until it knows what others have committed."""

    def invalidateTransaction(self, tid, args):
        time.sleep(0.2)
        super().invalidateTransaction(tid, args)


@pytest.fixture
def zeo(tmp_path):
    (port,) = choose_ports(None)
    server = ZEOServer(tmp_path / "zeo", port, (MAIN, ASYNC))
    process = server.start()
    yield server
    process.stop()


@pytest.fixture
def open_databases(zeo):
    """Makes a client of both storages; gives its databases by name."""
    with ExitStack() as stack:

        def open_databases(main_storage=ClientStorage):
            group = {}
            for storage, factory in (MAIN, main_storage), (ASYNC, ClientStorage):
                client = factory(("127.0.0.1", zeo.port), storage=storage.name, wait_timeout=30)
                stack.enter_context(closing(DB(client, databases=group, database_name=storage.database)))
            return group

        yield open_databases
        transaction.abort()


@pytest.fixture
def work():
    """Lets a dispatcher work on the queues of a client."""
    zope.component.provideHandler(agent_installer, [IDispatcherActivated])
    dispatchers = []

    def work(databases):
        dispatcher = Dispatcher(databases["async"], poll_interval=3600, uuid=uuid.uuid4())
        dispatchers.append(dispatcher)
        dispatcher.activate()

    yield work
    for dispatcher in dispatchers:
        dispatcher.deactivate()
    zope.component.getGlobalSiteManager().unregisterHandler(agent_installer, [IDispatcherActivated])


def test_a_job_sees_what_was_committed_with_it_however_late_the_worker_hears_of_that(open_databases, work):
    databases = open_databases()
    queue_installer(DatabaseOpened(databases["async"]))
    work(open_databases(HardOfHearing))
    main = databases["main"].open()
    queue = main.get_connection("async").root()[KEY][""]
    for number in range(5):
        main.root()["number"] = number
        job = queue.put(Job(sample_jobs.read_main, "number"))
        transaction.commit()
        assert wait_for_result(job, 20) == number
