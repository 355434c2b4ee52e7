"""A database with queues that the monitor can reach, and a clock that stands still."""

import agents_by_hand
import pytest
import sample_jobs
import transaction
import zope.component
from ZODB.interfaces import IDatabase

from zc.async_.interfaces import KEY
from zc.async_.queue import Queue


@pytest.fixture(autouse=True)
def reachable(db, stopped_clock):
    zope.component.provideUtility(db, IDatabase)


@pytest.fixture
def other(connection):
    """A second queue."""
    connection.root()[KEY]["other"] = queue = Queue()
    transaction.commit()
    return queue


@pytest.fixture
def agent(queue):
    return agents_by_hand.hire(queue)


@pytest.fixture
def all_states(agent, put):
    """One job in each state, by its name."""
    jobs = {}
    for state, put_in_state in (
        ("succeeded", agents_by_hand.work),
        ("failed", agents_by_hand.work),
        ("callbacks", agents_by_hand.die_before_callbacks),
        ("active", agents_by_hand.start),
        ("assigned", agents_by_hand.hand_out),
        ("pending", lambda agent: None),
    ):
        jobs[state] = put(sample_jobs.fail if state == "failed" else sample_jobs.mark, state)
        put_in_state(agent)
    return jobs
