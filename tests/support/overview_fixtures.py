"""Jobs in all states, as a worker leaves them."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import transaction
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import login
from Products.CMFPlone.factory import addPloneSite
from zope.component.hooks import setSite

from plone.app.async_.overview import Board
from plone.app.async_.overview import of_site
from zc.async_ import clock
from zc.async_.agent import Agent
from zc.async_.interfaces import KEY
from zc.async_.processinfo import ProcessInfo


WORKER = UUID("12345678-1234-4234-8234-123456789abc")


def agent_of(queue):
    """The agent of a worker that looks alive; it is registered if need be."""
    if WORKER not in queue.dispatchers:
        queue.dispatchers.register(WORKER)["main"] = Agent(size=3)
        queue.dispatchers[WORKER].activate(ProcessInfo("worker-1", 4711, clock.to_micros(clock.now()), "2.0.0"))
        queue.dispatchers.ping(WORKER)
    return queue.dispatchers[WORKER]["main"]


def oust(queue, host):
    """Let a process on that host have found that the worker works elsewhere."""
    queue.dispatchers[WORKER].note_ousted(ProcessInfo(host, 9, clock.to_micros(clock.now()), "2.0.0"))


def work_off(database):
    """Run all jobs that may start, in a connection of its own, and file them."""
    connection = database.open()
    try:
        for queue in connection.root()[KEY].values():
            agent = agent_of(queue)
            transaction.commit()
            while (job := agent.claimJob()) is not None:
                transaction.commit()
                job()
            agent.file_completed()
            transaction.commit()
    finally:
        transaction.abort()
        connection.close()


@pytest.fixture
def work(site):
    """Commits, and has another thread run all jobs that may start."""

    def work():
        transaction.commit()
        with ThreadPoolExecutor(1) as threads:
            threads.submit(work_off, site._p_jar.db()).result(60)
        transaction.begin()

    return work


@pytest.fixture
def queue(service):
    return service.getQueues()[""]


@pytest.fixture
def board(site):
    """Gives the board of the site, as of now."""
    return lambda scope=None: Board(site, of_site(site) if scope is None else scope)


@pytest.fixture
def other_site(functional, site):
    """Another site in the same database."""
    app = functional["app"]
    login(app, SITE_OWNER_NAME)
    other = addPloneSite(app, "other", default_language="en")
    setSite(site)
    login(site, TEST_USER_NAME)
    transaction.commit()
    return other
