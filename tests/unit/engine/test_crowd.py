"""Real threads: several dispatchers in one process and several who queue, all at once on one queue."""

import threading
import time
import uuid
from collections import Counter

import sample_jobs
import transaction
import zope.component
from ZODB.POSException import ConflictError

from zc.async_ import dispatcher as dispatchers
from zc.async_ import local
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import KEY
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.job import Job
from zc.async_.subscribers import AgentInstaller
from zc.async_.testing import wait_until


DISPATCHERS = 3
PUTTERS = 2
JOBS_EACH = 60
LIMITS = {"narrow": 1, "wide": 3}

inside: Counter = Counter()
highest: Counter = Counter()
guard = threading.Lock()


class CountedJob(Job):
    runs = 0


def work(number, seconds):
    """Count the run in the job, and who is inside each quota at the moment; conflict now and then."""
    job = local.getJob()
    names = set(job.quota_names)
    with guard:
        inside.update(names)
        for name in names:
            highest[name] = max(highest[name], inside[name])
    time.sleep(seconds)
    with guard:
        inside.subtract(names)
        attempt = sample_jobs.ATTEMPTS[number] = sample_jobs.ATTEMPTS.get(number, 0) + 1
    job.runs += 1
    if number % 7 == 0 and attempt == 1:
        raise ConflictError
    if number % 11 == 0:
        raise ValueError(number)
    return number


def put_some(db, first, oids, withdrawn):
    """Queue jobs of all kinds; take some of them back if nobody was faster."""
    manager = transaction.TransactionManager()
    connection = db.open(manager)
    for number in range(first, first + JOBS_EACH):
        for attempt in manager.attempts(20):
            with attempt:
                job = CountedJob(work, number, (number % 5) * 0.01)
                job.quota_names = [(), ("narrow",), ("wide",), ("wide", "narrow")][number % 4]
                job.priority = number % 3
                connection.root()[KEY][""].put(job, failure_log_level=10)
        oids.append(job._p_oid)
        if number % 6 == 0:
            try:
                with manager:
                    connection.root()[KEY][""].remove(job)
                withdrawn.append(job._p_oid)
            except (ConflictError, LookupError):
                pass
    connection.close()


def test_a_crowd_keeps_all_promises(db, queue, dispatch):
    inside.clear()
    highest.clear()
    for name, size in LIMITS.items():
        queue.quotas.create(name, size)
    transaction.commit()
    zope.component.provideHandler(AgentInstaller("main", size=3), [IDispatcherActivated])
    crowd = [dispatch() for _ in range(DISPATCHERS)]
    oids, withdrawn = [], []
    putters = [threading.Thread(target=put_some, args=(db, 1000 * n, oids, withdrawn)) for n in range(PUTTERS)]
    for putter in putters:
        putter.start()
    crowd[0].deactivate(0.05)
    crowd.append(dispatch(uid=uuid.uuid4()))
    for putter in putters:
        putter.join()

    def idle():
        transaction.begin()
        return not len(queue) and not any(len(record["main"]) for record in queue.dispatchers.values())

    wait_until(idle, 60, lambda: f"{len(queue)} still wait")
    transaction.begin()
    assert len(oids) == PUTTERS * JOBS_EACH
    jobs = [queue._p_jar.get(oid) for oid in oids if oid not in withdrawn]
    assert {job.status for job in jobs} == {COMPLETED}
    assert [job.runs for job in jobs] == [int(job.args[0] % 11 != 0) for job in jobs]
    assert all(highest[name] <= size for name, size in LIMITS.items()), highest
    assert all(len(lane) == 0 for lane in queue.lanes.values())
    assert list(queue) == []
    assert dispatchers.get(crowd[-1].UUID) is crowd[-1]
