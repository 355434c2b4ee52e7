"""Batches, whose steps are jobs of the site, as one job of the site."""

import threading

import pytest
import sample_jobs
import transaction
from plone.app.testing import TEST_USER_ID
from zope.component import getGlobalSiteManager
from zope.component.hooks import setSite

from plone.app.async_ import Job
from plone.app.async_.batches import Batch
from plone.app.async_.interfaces import ContextWithoutPath
from plone.app.async_.interfaces import IJobFailure
from plone.app.async_.interfaces import IJobOutcome
from plone.app.async_.interfaces import IJobSuccess
from plone.app.async_.interfaces import NoSite
from plone.app.async_.interfaces import WrongJobInfo
from plone.app.async_.service import makeJob
from plone.app.async_.utils import wait_for_all_jobs
from zc.async_.interfaces import NEW
from zc.async_.interfaces import JobNotPicklable
from zc.async_.job import Job as EngineJob
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until
from zc.async_.workflow import failed_jobs


ran = []


@pytest.fixture(autouse=True)
def gates():
    ran.clear()
    yield
    sample_jobs.GATES.reset()


@pytest.fixture
def heard(functional):
    """What the subscribers of the site's jobs are told: event, job's oid."""
    events = []

    def hear(event):
        events.append((event, event.job._p_oid))

    components = getGlobalSiteManager()
    components.registerHandler(hear, [IJobOutcome])
    yield events
    components.unregisterHandler(hear, [IJobOutcome])


def note(context, name):
    ran.append(name)
    return name


def creator(context, name):
    context.invokeFactory("Document", name)
    return context[name].Creator()


def hold(context, name):
    return note(context, sample_jobs.hold(name))


def let_go(context, name, other):
    sample_jobs.GATES[other].set()
    return note(context, name)


def fail(context, name):
    ran.append(name)
    raise ValueError(name)


def plain(name):
    return name


def test_P17_P18_a_serial_batch_runs_strictly_in_order(service, folder, worker):
    batch = service.queueSerialJobs(*[makeJob(creator, folder, name) for name in ("one", "two", "three")])
    transaction.commit()
    steps = wait_for_result(batch, 30)
    assert [step.result for step in steps] == [TEST_USER_ID] * 3
    assert list(folder.objectIds()) == ["one", "two", "three"]


def test_P17_steps_of_a_parallel_batch_overlap(service, folder, worker):
    batch = service.queueParallelJobs(makeJob(hold, folder, "first"), makeJob(let_go, folder, "second", "first"))
    transaction.commit()
    assert [step.result for step in wait_for_result(batch, 30)] == ["first", "second"]
    assert ran == ["second", "first"]


def test_P17_batches_of_the_default_quota_follow_one_another(service, folder, worker):
    for name in "abc":
        service.queueSerialJobs(makeJob(note, folder, f"{name}1"), makeJob(note, folder, f"{name}2"))
        service.queueParallelJobs(makeJob(note, folder, f"{name}3"))
        service.queueJob(note, folder, f"{name}4")
    transaction.commit()
    wait_for_all_jobs(60)
    assert ran == [f"{name}{number}" for name in "abc" for number in "1234"]


def test_P16_jobs_of_a_quota_of_two(service, folder, worker):
    queue = service.getQueues()[""]
    queue.quotas["default"].size = 2
    service.queueJob(hold, folder, "first")
    service.queueJob(note, folder, "second")
    service.queueJob(let_go, folder, "third", "first")
    transaction.commit()
    wait_for_all_jobs(30)
    assert ran == ["second", "third", "first"]


def test_steps_may_be_tuples_and_jobs(service, folder, worker):
    batch = service.queueSerialJobs(
        (note, folder, ("tuple",), {}),
        (note, folder, (), {"name": "keyword"}),
        service.wrapJob((note, folder, ("wrapped",), {})),
        Job(plain, "by hand"),
    )
    assert [step.quota_names for step in batch.args] == [()] * 4
    transaction.commit()
    results = [step.result for step in wait_for_result(batch, 30)]
    assert results == ["tuple", "keyword", "wrapped", "by hand"]


def test_P14_K91_queues_and_quotas_are_named_as_for_single_jobs(service, folder):
    queue = service.getQueues()[""]
    queue.quotas.create("mail", 2)
    info = makeJob(note, folder, "a")
    for in_queue in (service.queueSerialJobsInQueue, service.queueParallelJobsInQueue):
        assert in_queue("", None, info).quota_names == ("default",)
        assert in_queue(queue, (), info).quota_names == ()
        assert in_queue(queue, ["mail"], info).quota_names == ("mail",)
        with pytest.raises(KeyError, match="no queue 'fast'"):
            in_queue("fast", None, info)
        with pytest.raises(TypeError, match="not the text 'mail'"):
            in_queue("", "mail", info)
        with pytest.raises(ValueError, match="unknown quota name"):
            in_queue("", ["male"], info)


def test_a_batch_is_a_job_of_the_site(service, folder, site):
    batch = service.queueSerialJobs(makeJob(note, folder, "a"), makeJob(note, folder, "b"))
    assert isinstance(batch, Batch)
    assert (batch.portal_path, batch.user_id) == (site.getPhysicalPath(), TEST_USER_ID)
    assert batch.environment.portal_path == site.getPhysicalPath()
    assert batch.title == "2 jobs, one after the other"
    assert service.queueParallelJobs().title == "0 jobs, side by side"


def test_the_undo_log_names_the_batch_and_its_user(service, folder, worker):
    batch = service.queueParallelJobs()
    transaction.commit()
    assert wait_for_result(batch, 30) == ()
    [entry] = batch._p_jar.db().storage.changes.history(batch._p_oid)
    assert entry["description"] == b"job 0 jobs, side by side"
    assert entry["user_name"] == f"plone {TEST_USER_ID}".encode()


def test_P21_K79_batch_and_steps_are_told_of_once_each(service, folder, worker, heard):
    batch = service.queueSerialJobs(makeJob(note, folder, "a"), makeJob(fail, folder, "b"))
    transaction.commit()
    steps = wait_for_result(batch, 30)
    wait_until(lambda: len(heard) > 2, 10, lambda: f"only {heard}")
    outcomes = {oid: event for event, oid in heard}
    assert len(heard) == len(outcomes) == 3
    assert outcomes[steps[0]._p_oid].object == "a"
    assert IJobFailure.providedBy(outcomes[steps[1]._p_oid])
    assert IJobSuccess.providedBy(outcomes[batch._p_oid])
    assert failed_jobs(batch) == [steps[1]]


def test_K13_a_batch_may_stop_at_the_first_failure(service, folder, worker):
    batch = service.queueSerialJobs(
        makeJob(note, folder, "a"), makeJob(fail, folder, "b"), makeJob(note, folder, "c"), stop_on_failure=True
    )
    transaction.commit()
    assert wait_for_result(batch, 30).getErrorMessage() == "b"
    assert ran == ["a", "b"]
    assert batch.args[2].status == NEW


@pytest.mark.parametrize(
    "info", [None, "text", (note,), (note, None, "text", {}), (note, None, (), ()), (note, None, (), {}, None)]
)
def test_a_wrong_job_info_is_named(service, folder, info):
    good = makeJob(note, folder, "a")
    with pytest.raises(WrongJobInfo, match=r"^job_infos\[2\]: .* give makeJob\("):
        service.queueSerialJobs(good, good, info)
    assert len(service.getQueues()[""]) == 0


def test_what_is_wrong_with_a_step_is_raised_at_the_call(service, folder):
    good = makeJob(note, folder, "a")
    limited = Job(plain, "a")
    limited.quota_names = ("default",)
    for info, error, text in (
        (makeJob(note, None), ContextWithoutPath, "context: None has no path"),
        (makeJob(lambda context: 1, folder), JobNotPicklable, "func cannot be found by its name"),
        (EngineJob(plain, threading.Lock()), JobNotPicklable, "args.0. cannot be stored"),
        (service.queueJob(note, folder, "a"), ValueError, "queued already"),
        (limited, ValueError, "for ever for the quota 'default'"),
    ):
        with pytest.raises(error, match=rf"^job_infos\[1\]: .*{text}"):
            service.queueSerialJobs(good, info)


def test_without_a_site(service, folder):
    info = makeJob(note, folder, "a")
    setSite(None)
    with pytest.raises(NoSite):
        service.queueSerialJobs(info)
