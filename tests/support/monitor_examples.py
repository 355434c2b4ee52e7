"""The worker whose answers are the examples of ``docs/reference/monitor.rst``."""

import os
import re
import uuid
from contextlib import contextmanager
from datetime import timedelta

import shop
import transaction
import ZODB
import zope.component.event
from asking import ask
from ZODB.utils import u64

from zc.async_ import clock
from zc.async_.dispatcher import Dispatcher
from zc.async_.dispatcher import pop
from zc.async_.interfaces import IUUID
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.job import Job
from zc.async_.metrics import process
from zc.async_.monitor import async_
from zc.async_.monitordb import asyncdb
from zc.async_.subscribers import agent_installer
from zc.async_.subscribers import queue_installer
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start
from zc.async_.testing import wait_until


COMMANDS = {"async": async_, "asyncdb": asyncdb}
ID = uuid.UUID("0c6f9d1e-5a44-41ee-9f7e-0242ac120002")


@contextmanager
def worker(folder):
    """A worker in this process, with jobs in all states; yields the jobs by name."""
    process.clear()
    components = zope.component.getSiteManager()
    components.registerUtility(ID, IUUID)
    components.registerHandler(agent_installer, [IDispatcherActivated])
    database = ZODB.DB(os.path.join(folder, "Data.fs"), database_name="async")
    queue_installer(DatabaseOpened(database))
    dispatcher = Dispatcher(database, poll_interval=2, uuid=ID)
    dispatcher.activate()
    try:
        numbers = make_jobs(database)
        wait_until(lambda: is_as_shown(dispatcher), 10, lambda: "the jobs are not as the page shows them")
        yield numbers
    finally:
        shop.CLOSING.set()
        dispatcher.deactivate(10)
        pop(ID)
        components.unregisterHandler(agent_installer, [IDispatcherActivated])
        components.unregisterUtility(ID, IUUID)
        database.close()
        shop.CLOSING.clear()


def is_as_shown(dispatcher):
    """Whether the dispatcher has noted that two jobs have ended and one is in a thread."""
    ended = [job for job in dispatcher.jobs.values() if job["completed"]]
    return len(ended) == 2 and len(dispatcher.getActiveJobIds()) == 1


def make_jobs(database):
    """Jobs in several states; the numbers of some, by the numbers that the page shows."""
    connection = database.open()
    queue = connection.root()[KEY][""]
    queue.quotas.create("printer")
    transaction.commit()

    def put(*call, **terms):
        job = queue.put(Job(*call), **terms)
        transaction.commit()
        return job

    done, failed = put(shop.bill, 16), put(shop.bill, 0)
    for job in (done, failed):
        wait_for_result(job)
    running = put(shop.import_prices, "Smith & Sons")
    wait_for_start(running)
    waiting = Job(shop.bill, 17, currency="USD")
    waiting.quota_names = ("printer",)
    waiting.addCallback(shop.remind)
    queue.put(waiting, begin_after=clock.now() + timedelta(minutes=5))
    transaction.commit()
    numbers = {str(4710 + n): str(u64(job._p_oid)) for n, job in enumerate((done, failed, running, waiting))}
    connection.close()
    return numbers


def answer(line, numbers):
    """What the worker answers, without what tells of this host."""
    for shown, real in numbers.items():
        line = line.replace(shown, real)
    name, *words = line.split()
    text = ask(COMMANDS[name], *words)
    for shown, real in numbers.items():
        text = re.sub(rf"(?<= ){real}(?=,)", shown, text)
    return re.sub(r"/[\w/.-]*?/((?:zc/async_/)?\w+\.py)", r"/srv/\1", text)
