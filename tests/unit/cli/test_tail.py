"""What is told of jobs while they are followed."""

import operator
from datetime import timedelta

import pytest
import sample_jobs
from command_line import WORKER
from command_line import id_of
from command_line import make_queues
from command_line import put
from command_line import put_plain
from command_line import start_worker
from transaction import TransactionManager
from ZODB.DB import DB
from ZODB.MappingStorage import MappingStorage

from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Board
from plone.app.async_.overview import Query
from plone.app.async_.overview.following import Changes
from plone.app.async_.overview.following import Follower
from zc.async_ import clock
from zc.async_.interfaces import KEY
from zc.async_.queue import Queue


EVERY = Query()


@pytest.fixture
def db():
    db = DB(MappingStorage())
    with db.transaction() as connection:
        make_queues(connection.root())
    yield db
    db.close()


@pytest.fixture
def queue(db):
    connection = db.open(TransactionManager())
    yield connection.root()[KEY][""]
    connection.transaction_manager.abort()
    connection.close()


@pytest.fixture
def look(db):
    """Begins to follow jobs that match; then each call tells what has happened."""

    def look(query=EVERY):
        changes = Changes(db)
        with db.transaction() as connection:
            follower = Follower(Board.of_queues(connection, EVERYTHING), query)

        def news():
            changed = changes.take()
            with db.transaction() as connection:
                found = follower.look(Board.of_queues(connection, EVERYTHING), changed)
            return [(happening.what, happening.job.id) for happening in found]

        return news

    return look


def test_jobs_are_queued_and_started(queue, look):
    before = id_of(put_plain(queue, operator.add, 1, 1))
    news = look()
    assert news() == []

    job = put_plain(queue, operator.add, 1, 2)
    assert news() == [("queued", id_of(job))]

    agent = start_worker(queue)
    agent.claim_jobs(2)
    queue._p_jar.transaction_manager.commit()
    assert sorted(news()) == sorted([("started", before), ("started", id_of(job))])
    assert news() == []


def test_all_at_once_is_told_in_order(queue, look):
    news = look()
    job = put_plain(queue, operator.truediv, 1, 0)
    start_worker(queue).claimJob()
    queue._p_jar.transaction_manager.commit()
    job()

    assert news() == [(what, id_of(job)) for what in ("queued", "started", "ended")]

    job.requeue("by Ann")
    queue._p_jar.transaction_manager.commit()
    assert [what for what, _ in news()] == ["retried", "queued"]


def test_only_what_matches(queue, look):
    news = look(Query(user="bob"))
    put(queue, sample_jobs.add, 1)
    bobs = put(queue, sample_jobs.add, 2, user="bob")
    queue._p_jar.transaction_manager.commit()

    assert news() == [("queued", bobs)]


def test_only_of_one_queue(queue, look):
    other = queue.parent["other"] = Queue()
    queue._p_jar.transaction_manager.commit()
    news = look(Query(queue="other"))
    put_plain(queue, operator.add, 1, 2)
    there = id_of(put_plain(other, operator.add, 1, 2))
    queue._p_jar.transaction_manager.commit()

    assert news() == [("queued", there)]


def test_a_clock_that_is_behind_hides_nothing(queue, look):
    news = look()
    with clock.ahead(timedelta(minutes=-5)):
        job = put_plain(queue, operator.add, 1, 2)

    assert news() == [("queued", id_of(job))]


def test_signs_of_life_are_no_news(queue, look):
    start_worker(queue)
    news = look()
    with clock.ahead(timedelta(minutes=3)):
        queue.dispatchers.ping(WORKER)
    queue._p_jar.transaction_manager.commit()

    assert news() == []
