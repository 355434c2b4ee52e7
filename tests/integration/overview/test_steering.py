"""Acting on jobs and queues: within the scope only, and recorded."""

import pytest
import transaction
from plone.app.testing import TEST_USER_ID
from zope.component.hooks import setSite
from zope.i18n import translate

from plone.app.async_ import steering
from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Board
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from plone.app.async_.overview import of_site
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.states import state_of
from zc.async_ import clock
from zc.async_.job import Job


REPAIRED = []


@pytest.fixture(autouse=True)
def broken():
    REPAIRED.clear()


def work_or_fail(context, number=0):
    if not REPAIRED:
        raise ValueError(f"{number} is broken")
    return number


def fail(result):
    raise ValueError(result)


def state(job):
    return state_of(job, clock.now())


def deeds(board):
    return [(deed.who, deed.what, deed.job, deed.details) for _, deed in board().history()]


def test_P40_K42_a_failed_job_is_queued_again(service, folder, board, work):
    job = service.queueJob(work_or_fail, folder)
    work()
    REPAIRED.append(True)

    steering.act(board(), "retry", id_of(job))
    work()

    assert state(job) is State.SUCCEEDED
    assert deeds(board) == [(TEST_USER_ID, "retry", id_of(job), "")]
    timeline = board().job(id_of(job)).timeline
    assert ("retried", f"by {TEST_USER_ID}") in [(event.what, event.details) for event in timeline]


def test_P40_K42_a_waiting_job_is_cancelled_with_a_reason(service, folder, board):
    job = service.queueJob(work_or_fail, folder)
    transaction.commit()

    assert steering.act(board(), "cancel", id_of(job), "not needed; password=hello") is True
    transaction.commit()

    assert state(job) is State.CANCELLED
    assert board().job(id_of(job)).failure.message == f"by {TEST_USER_ID}: not needed; password=••••"
    assert deeds(board) == [(TEST_USER_ID, "cancel", id_of(job), "not needed; password=••••")]


def test_K42_a_running_job_is_asked_to_end_once(service, queue, folder, board, work):
    work()
    job = service.queueJob(work_or_fail, folder)
    transaction.commit()
    queue.dispatchers.values()[0]["main"].claim_jobs(1)
    transaction.commit()

    assert steering.act(board(), "cancel", id_of(job)) is False
    transaction.commit()
    assert state(job) is State.ACTIVE
    with pytest.raises(steering.NotPossible):
        steering.act(board(), "cancel", id_of(job))


def test_a_job_that_has_ended_is_deleted(service, folder, board, work):
    job = service.queueJob(work_or_fail, folder)
    work()
    steering.act(board(), "delete", id_of(job))
    transaction.commit()
    assert board().job(id_of(job)) is None and board().jobs().jobs == []
    assert deeds(board) == [(TEST_USER_ID, "delete", id_of(job), "")]


def test_a_higher_priority_goes_first(service, queue, folder, board):
    jobs = [service.queueJob(work_or_fail, folder, number) for number in range(3)]
    transaction.commit()
    steering.act(board(), "priority", id_of(jobs[2]), 5)
    transaction.commit()
    assert list(queue) == [jobs[2], jobs[0], jobs[1]]
    assert jobs[2].timeline[-1].details == f"priority 5, by {TEST_USER_ID}"


@pytest.mark.parametrize("priority", ["5", 1.5, True, None, 10**6])
def test_what_is_no_priority(service, folder, board, priority):
    job = service.queueJob(work_or_fail, folder)
    transaction.commit()
    with pytest.raises(steering.NotPossible):
        steering.act(board(), "priority", id_of(job), priority)


@pytest.mark.parametrize("action", ["retry", "delete"])
def test_what_the_state_does_not_allow(service, folder, board, action):
    job = service.queueJob(work_or_fail, folder)
    transaction.commit()
    with pytest.raises(steering.NotPossible) as caught:
        steering.act(board(), action, id_of(job))
    assert translate(caught.value.args[0]) == "This cannot be done to a job in the state “Waiting”."
    assert deeds(board) == []


@pytest.mark.parametrize("action", ["retry", "cancel", "delete"])
def test_P38_jobs_of_other_sites_are_out_of_reach(service, site, folder, other_site, board, action):
    setSite(other_site)
    theirs = service.queueJob(work_or_fail, other_site)
    setSite(site)
    transaction.commit()
    for job_id in id_of(theirs), id_of(folder), "nonsense":
        with pytest.raises(steering.NoSuchJob):
            steering.act(board(), action, job_id)
    assert state(theirs) is State.WAITING


def test_bulk_retry_takes_all_that_match_and_no_others(service, site, folder, other_site, board, work):
    jobs = [service.queueJob(work_or_fail, folder, number) for number in range(3)]
    setSite(other_site)
    theirs = service.queueJob(work_or_fail, other_site)
    setSite(site)
    work()
    fine = service.queueJob(work_or_fail, folder)
    transaction.commit()

    done = steering.act_on_all(board(), "retry", Query(callable="work_or_fail"))
    transaction.commit()

    assert done == steering.Done(3, 0, False)
    assert {state(job) for job in (*jobs, fine)} == {State.WAITING}
    assert state(theirs) is State.FAILED
    assert deeds(board) == [(TEST_USER_ID, "retry", "", "3 jobs")]
    assert not Board(other_site, of_site(other_site)).history()


def test_bulk_actions_are_told_in_the_site_that_they_are_about(service, site, folder, other_site, board):
    setSite(other_site)
    service.queueJob(work_or_fail, other_site)
    setSite(site)
    service.queueJob(work_or_fail, folder)
    transaction.commit()
    everything = Board(site.getPhysicalRoot(), EVERYTHING)

    assert steering.act_on_all(everything, "cancel", Query(), "enough").done == 2
    transaction.commit()

    for portal in site, other_site:
        ((_, deed),) = Board(portal, of_site(portal)).history()
        assert (deed.place, deed.details) == ("/".join(portal.getPhysicalPath()), "1 jobs enough")


def test_bulk_actions_on_jobs_of_no_site_are_told_in_none(service, queue, site, board):
    queue.put(Job(work_or_fail, None))
    transaction.commit()
    everything = Board(site.getPhysicalRoot(), EVERYTHING)

    steering.act_on_all(everything, "cancel", Query())
    transaction.commit()

    assert deeds(board) == []
    assert [deed.place for _, deed in everything.history()] == ["none"]


@pytest.mark.parametrize("action", ["retry", "delete"])
def test_a_callback_goes_with_its_job(service, folder, board, work, action):
    REPAIRED.append(True)
    job = service.queueJob(work_or_fail, folder)
    callback = job.addCallback(fail)
    work()
    assert board().job(id_of(callback)).summary.actions == ()
    with pytest.raises(steering.NotPossible) as caught:
        steering.act(board(), action, id_of(callback))
    assert translate(caught.value.args[0]) == "A callback goes with its job: steer that one."


def test_a_job_whose_quota_is_gone_is_not_queued_again(service, queue, folder, board, work):
    queue.quotas.create("thumbnails")
    job = service.queueJobInQueue(queue, ("thumbnails",), work_or_fail, folder)
    work()
    queue.quotas.remove("thumbnails")
    transaction.commit()
    with pytest.raises(steering.NotPossible) as caught:
        steering.act(board(), "retry", id_of(job))
    assert translate(caught.value.args[0]) == "There is no such quota."


def test_bulk_actions_stop_at_a_limit_and_say_so(service, folder, board, monkeypatch):
    monkeypatch.setattr(steering.bulk, "MOST", 2)
    for number in range(3):
        service.queueJob(work_or_fail, folder, number)
    transaction.commit()

    assert steering.act_on_all(board(), "cancel", Query(), "enough") == steering.Done(2, 0, True)
    assert steering.act_on_all(board(), "cancel", Query(), "enough") == steering.Done(1, 0, False)


def test_pause_resume_and_quota_are_recorded(service, queue, folder, board):
    transaction.commit()
    steering.pause(board(), "")
    steering.pause(board(), "")
    assert board().queues()[0].is_paused
    steering.resume(board(), "")
    steering.set_quota(board(), "", "default", 4)

    assert not queue.paused and queue.quotas["default"].size == 4
    assert deeds(board) == [
        (TEST_USER_ID, "quota", "", "default: 4"),
        (TEST_USER_ID, "resume", "", ""),
        (TEST_USER_ID, "pause", "", ""),
    ]


@pytest.mark.parametrize("size", [0, -1, "2", 1.5, True, None, 10**6])
def test_what_is_no_size_of_a_quota(queue, board, size):
    transaction.commit()
    with pytest.raises(steering.NotPossible):
        steering.set_quota(board(), "", "default", size)
    with pytest.raises(steering.NotPossible):
        steering.set_quota(board(), "", "unknown", 1)
    assert queue.quotas["default"].size == 1


def test_unknown_queues(queue, board):
    transaction.commit()
    for act in steering.pause, steering.resume:
        with pytest.raises(steering.NoSuchQueue):
            act(board(), "unknown")
