"""Which jobs the read model lists, and how it describes them."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from plone.app.testing import TEST_USER_ID
from zope.component.hooks import setSite

from plone.app.async_ import Job
from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Board
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from plone.app.async_.overview import of_content
from plone.app.async_.overview import of_current_user
from plone.app.async_.overview import of_site
from plone.app.async_.overview.ids import id_of
from zc.async_.interfaces import KEY
from zc.async_.job import Job as EngineJob
from zc.async_.queue import Queue


TOMORROW = datetime.now(timezone.utc) + timedelta(days=1)


def add(context, one, two=2):
    return one + two


def fail(context, message="too bad"):
    raise ValueError(message)


def plain(*args, **kwargs):
    return len(args)


def listed(board, *states):
    return [job.id for job in board.jobs(Query(states=frozenset(states))).jobs]


def test_K43_nothing_is_written_where_nobody_has_queued_a_job(site, board):
    empty = board()

    assert empty.jobs().jobs == [] and empty.queues() == [] and empty.workers() == []
    assert empty.job("1") is None
    assert not any(count.number for count in empty.counts().values())
    assert KEY not in site._p_jar.root() and not site._p_jar._registered_objects


def test_jobs_are_listed_by_state(service, queue, folder, board, work):
    done = service.queueJob(add, folder, 1)
    failed = service.queueJob(fail, folder)
    work()
    waiting = service.queueJob(add, folder, 2)
    later = service.queueJobWithDelay(None, TOMORROW, add, folder, 3)
    cancelled = service.queueJob(add, folder, 4)
    transaction.commit()
    cancelled.cancel("not needed")
    transaction.commit()

    now = board()
    assert listed(now, State.SUCCEEDED) == [id_of(done)]
    assert listed(now, State.FAILED) == [id_of(failed)]
    assert listed(now, State.WAITING) == [id_of(waiting)]
    assert listed(now, State.SCHEDULED) == [id_of(later)]
    assert listed(now, State.CANCELLED) == [id_of(cancelled)]
    assert listed(now, State.ACTIVE) == []
    assert {state: count.number for state, count in now.counts().items()} == {
        State.ACTIVE: 0,
        State.WAITING: 1,
        State.SCHEDULED: 1,
        State.SUCCEEDED: 1,
        State.FAILED: 1,
        State.CANCELLED: 1,
    }


def test_a_claimed_job_is_active_and_tells_its_worker_and_progress(service, queue, folder, board, work):
    work()
    job = service.queueJob(add, folder, 1)
    agent = queue.dispatchers.values()[0]["main"]
    transaction.commit()
    agent.claim_jobs(1)
    job.annotations["progress"] = 0.25
    transaction.commit()

    [shown] = board().jobs(Query(states=frozenset({State.ACTIVE}))).jobs
    assert (shown.id, shown.worker, shown.agent) == (id_of(job), str(agent.parent.UUID), "main")
    assert shown.progress.part == 0.25
    assert shown.started is not None and shown.ran is not None


def test_P37_all_kinds_of_jobs_of_all_queues_of_this_site_and_no_other(service, queue, site, folder, other_site, board):
    service.getQueues()["second"] = Queue()
    service.getQueues()["second"].quotas.create("default")
    transaction.commit()
    mine = [
        service.queueJob(add, folder, 1),
        queue.put(Job(plain, 1)),
        service.queueJobInQueue("second", (), add, folder, 2),
    ]
    of_nobody = queue.put(EngineJob(plain))
    setSite(other_site)
    theirs = service.queueJob(add, other_site, 1)
    setSite(site)
    transaction.commit()

    assert {job.id for job in board().jobs().jobs} == {id_of(job) for job in mine}
    everything = {job.id for job in board(EVERYTHING).jobs().jobs}
    assert everything == {id_of(job) for job in (*mine, of_nobody, theirs)}
    for job in of_nobody, theirs:
        assert board().job(id_of(job)) is None
        assert board(EVERYTHING).job(id_of(job)) is not None
    assert Board(other_site, of_site(other_site)).job(id_of(theirs)).summary.site == "/other"


@pytest.mark.parametrize(
    "bad", ["", "0", "01", "-1", "1e3", " 1", "1\n", "abc", "٣", "9" * 20, "9" * 30, None, 7, b"7"]
)
def test_P38_K66_what_is_no_id_is_nothing(board, queue, bad):
    transaction.commit()
    assert board(EVERYTHING).job(bad) is None


def test_P38_an_id_of_another_object_is_nothing_and_its_state_is_not_read(service, queue, folder, board):
    service.queueJob(add, folder, 1)
    transaction.commit()
    folder._p_jar.cacheMinimize()
    for obj in folder, queue, folder._p_jar.root()[KEY]:
        assert board(EVERYTHING).job(id_of(obj)) is None
    assert folder._p_changed is None


def test_a_withdrawn_job_is_unknown(service, queue, folder, board):
    job = service.queueJob(add, folder, 1)
    transaction.commit()
    queue.remove(job)
    transaction.commit()
    assert board(EVERYTHING).job(id_of(job)) is None


def test_jobs_of_the_current_user_and_of_content(service, queue, site, folder, board):
    mine = service.queueJob(add, folder, 1)
    on_site = service.queueJob(add, site, 1)
    transaction.commit()

    assert {job.id for job in board(of_current_user(site)).jobs().jobs} == {id_of(mine), id_of(on_site)}
    assert [job.id for job in board(of_content(site, folder)).jobs().jobs] == [id_of(mine)]
    assert [job.user_id for job in board(of_content(site, folder)).jobs().jobs] == [TEST_USER_ID]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(callable=".FAIL"), ["fail"]),
        (Query(callable="nothing"), []),
        (Query(user="test_user_1_"), ["fail", "add"]),
        (Query(user="jane"), []),
        (Query(text="too bad"), ["fail"]),
        (Query(queue="second"), []),
        (Query(since=TOMORROW), []),
        (Query(until=TOMORROW), ["fail", "add"]),
        (Query(sort="ended"), ["add", "fail"]),
        (Query(sort="callable", descending=True), ["fail", "add"]),
    ],
)
def test_filters_and_sorting(service, folder, board, work, query, found):
    service.queueJob(add, folder, 1)
    service.queueJob(fail, folder)
    work()
    assert [job.callable.rpartition(".")[2] for job in board().jobs(query).jobs] == found


def test_what_cannot_be_asked():
    with pytest.raises(ValueError, match="sorted by 'size'"):
        Query(sort="size")


def test_paging_tells_whether_there_is_more(service, folder, board):
    for number in range(5):
        service.queueJob(add, folder, number)
    transaction.commit()

    first, last = board().jobs(start=0, size=2), board().jobs(start=4, size=2)
    assert (len(first.jobs), first.total, first.is_exact) == (2, 5, True)
    assert (len(last.jobs), last.total, last.is_exact) == (1, 5, True)
