"""Service jobs run by the engine's own dispatcher, in its threads."""

import transaction
from plone.app.testing import TEST_USER_ID
from zope.component import getGlobalSiteManager

from plone.app.async_ import subscribers
from plone.app.async_.interfaces import IJobSuccess
from zc.async_.testing import wait_for_result


def add_document(context, name):
    context.invokeFactory("Document", name)
    return [item.getId() for item in context.listFolderContents()]


def test_jobs_of_one_quota_run_in_order(service, folder, worker):
    heard = []
    components = getGlobalSiteManager()
    components.registerHandler(heard.append, [IJobSuccess])
    jobs = [service.queueJob(add_document, folder, name) for name in ("one", "two", "three")]
    transaction.commit()
    try:
        assert wait_for_result(jobs[2], 30) == ["one", "two", "three"]
        assert [job.result for job in jobs[:2]] == [["one"], ["one", "two"]]
        assert folder["three"].Creator() == TEST_USER_ID
    finally:
        components.unregisterHandler(heard.append, [IJobSuccess])
    # Sent after the commit that the test waits for, so the last may be under way.
    assert [event.job._p_oid for event in heard[:2]] == [job._p_oid for job in jobs[:2]]


def test_a_worker_finds_its_queue_configured(service, folder, worker):
    job = service.queueJob(add_document, folder, "one")
    transaction.commit()
    wait_for_result(job, 30)
    queue = service.getQueues()[""]
    assert queue.dispatchers[worker.UUID].ping_interval.total_seconds() == subscribers.PING_SECONDS
    assert queue.quotas["default"].size == 1
