"""Run by zconsole: queue and run the jobs of the past day, by a clock that is set back."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from random import Random
from uuid import UUID

import transaction
from example.images import make_thumbnails
from example.newsletter import send_issue
from plone import api
from zope.component import getUtility
from zope.component.hooks import setSite

from plone.app.async_.interfaces import IAsyncService
from zc.async_ import clock
from zc.async_.agent import Agent
from zc.async_.interfaces import KEY


JOBS_OF_HOURS = (3, 2, 1, 1, 0, 0, 1, 2, 4, 6, 8, 9, 7, 5, 8, 10, 9, 7, 5, 4, 4, 3, 5, 4)
PEOPLE = ("ada", "ben")

WORKER = UUID(os.environ["WORKER"])
"""The worker that is going to be started has done it."""

random = Random(62)
now = datetime.now(timezone.utc)
site = app[os.environ["DEMO_SITE"]]  # noqa: F821 zconsole gives it
setSite(site)
service = getUtility(IAsyncService)


def set_clock(moment):
    """From then on, each look at the clock takes a while."""

    def look():
        nonlocal moment
        moment += timedelta(seconds=random.uniform(0.05, 1.5))
        return moment

    clock.set_source(look)


def queue(number):
    """One of the jobs of the day, by one of the people."""
    with api.env.adopt_user(username=PEOPLE[number % len(PEOPLE)]):
        if number % 3 == 0:
            service.queueJobInQueue("", (), send_issue, site["news"], number)
        else:
            ending = "tif" if number % 11 == 1 else "jpg"
            service.queueJobInQueue("", (), make_thumbnails, site["reports"], f"picture-{number}.{ending}")
    transaction.commit()


def run():
    """What a worker does."""
    connection = site._p_jar.db().open()
    try:
        agent = connection.root()[KEY][""].dispatchers[WORKER]["main"]
        job = agent.claimJob()
        transaction.commit()
        job()
        agent.file_completed()
        transaction.commit()
    finally:
        transaction.abort()
        connection.close()


moments = sorted(
    now - timedelta(hours=23 - hour, minutes=random.uniform(4, 55))
    for hour, jobs in enumerate(JOBS_OF_HOURS)
    for _ in range(jobs)
)
dispatchers = service.getQueues()[""].dispatchers
dispatchers.register(WORKER)["main"] = Agent(size=3)
dispatchers[WORKER].activate()
transaction.commit()
with ThreadPoolExecutor(1) as threads:
    for number, moment in enumerate(moments):
        set_clock(moment)
        queue(number)
        threads.submit(run).result()
transaction.begin()
dispatchers[WORKER].deactivate()
transaction.commit()
