"""With many jobs the read model looks at few. Counted in loaded records, not in seconds."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from overview_fixtures import WORKER
from ZODB import DB
from ZODB.MappingStorage import MappingStorage

from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from plone.app.async_.overview import listing
from plone.app.async_.overview.board import Board
from zc.async_.agent import Agent
from zc.async_.interfaces import KEY
from zc.async_.job import Job
from zc.async_.queue import Queue
from zc.async_.queue import Queues


JOBS = 3000


class Application:
    """As much of a context as a board needs."""

    def __init__(self, connection):
        self._p_jar = connection

    def getPhysicalRoot(self):
        return None


@pytest.fixture(scope="module")
def database():
    """Many jobs that wait in lanes, as many that nobody has looked at, and as many that have ended."""
    database = DB(MappingStorage())
    with database.transaction() as connection:
        root = connection.root()
        root[KEY] = Queues()
        queue = root[KEY][""] = Queue()
        connection.add(queue)
        queue.dispatchers.register(WORKER)["main"] = Agent()
        for number in range(JOBS):
            queue.enter_lane(queue.put(Job(str, number)))
        for shard in queue.shards.values():
            shard.take(JOBS)  # as a claim does that finds no room for them
        agent = queue.dispatchers[WORKER]["main"]
        for number in range(JOBS):
            job = Job(str, number)
            connection.add(job)
            job.finished(agent, None, job_time(number), str(number))
            agent.completed.add(job)
        for number in range(JOBS):
            queue.put(Job(int, number))
    yield database
    database.close()


def job_time(number):
    return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=number)


@pytest.fixture
def loaded(database):
    """What a question to a fresh board answers, and how many records were loaded for it."""

    def loaded(ask):
        connection = database.open()
        try:
            connection.cacheMinimize()
            connection.getTransferCounts(clear=True)
            answer = ask(Board(Application(connection), EVERYTHING))
            assert not connection._registered_objects
            return answer, connection.getTransferCounts()[0]
        finally:
            transaction.abort()
            connection.close()

    return loaded


@pytest.mark.parametrize(("state", "shown", "most"), [("waiting", 25, 100), ("succeeded", 25, 150), ("active", 0, 300)])
def test_P39_the_first_page_loads_little_more_than_it_shows(loaded, state, shown, most):
    page, records = loaded(lambda board: board.jobs(Query(states=frozenset({State(state)}))))
    assert len(page.jobs) == shown
    assert records < most


def test_ended_jobs_come_newest_first(loaded):
    page, _ = loaded(lambda board: board.jobs(Query(states=frozenset({State.SUCCEEDED})), start=25))
    assert [job.ended for job in page.jobs] == [job_time(JOBS - 1 - number) for number in range(25, 50)]


def test_a_filter_without_matches_stops_at_the_window(loaded, monkeypatch):
    monkeypatch.setattr(listing, "WINDOW", 500)
    page, records = loaded(lambda board: board.jobs(Query(callable="nothing")))
    assert (page.jobs, page.total, page.is_exact) == ([], 0, False)
    assert 500 <= page.more < 520
    assert records < 900


def test_one_looks_further_window_by_window_and_misses_none(loaded, monkeypatch):
    monkeypatch.setattr(listing, "WINDOW", 1000)
    query = Query(states=frozenset({State.WAITING}), callable="int")
    offset, found = 0, 0
    while offset is not None:
        page, _ = loaded(lambda board, offset=offset: board.jobs(query, size=2000, offset=offset))
        found, offset = found + len(page.jobs), page.more
    assert found == JOBS


def test_queues_are_counted_without_loading_their_jobs(loaded):
    [queue], records = loaded(lambda board: board.queues())
    assert (queue.waiting, queue.ended) == (2 * JOBS, JOBS)
    assert records < 800  # the leaves of the trees, 16 entries each


def test_counts_say_when_there_are_more(loaded):
    counts, records = loaded(lambda board: board.counts(since=job_time(0)))
    assert (counts[State.WAITING].is_exact, counts[State.SUCCEEDED].is_exact) == (False, False)
    assert counts[State.WAITING].number >= 1000 and counts[State.SUCCEEDED].number >= 1000
    assert records < 3000
