"""A zconsole script: queues jobs on a site; prints the growth of the storage, their oids, and the time to queue one."""

import os
import time
from pathlib import Path

import transaction
from AccessControl.SecurityManagement import newSecurityManager
from plone.base.utils import base_hasattr
from Testing.makerequest import makerequest
from zope.component import getUtility
from zope.component.hooks import setSite
from zope.globalrequest import setRequest

from plone.app.async_.interfaces import IAsyncService
from zc.async_.testing import wait_for_result


def queue_and_wait(site):
    transaction.begin()
    job = getUtility(IAsyncService).queueJob(base_hasattr, site, "title")
    transaction.commit()
    if wait_for_result(job, 30) is not True:
        raise SystemExit(f"the job failed: {job.result}")
    return job._p_oid


def queueing_time(site, count):
    """Milliseconds of processor time for a call of ``queueJob``, which is not committed."""
    transaction.begin()
    queue_job = getUtility(IAsyncService).queueJob
    started = time.process_time()
    for _ in range(count):
        queue_job(base_hasattr, site, "title")
    spent = time.process_time() - started
    transaction.abort()
    return spent / count * 1000


def enter(app):
    """Act as a user of the site in a request, as a view does."""
    root = makerequest(app)
    setRequest(root.REQUEST)
    site = root[os.environ["BENCH_SITE"]]
    setSite(site)
    users = site.acl_users
    newSecurityManager(None, users.getUser(os.environ["BENCH_USER"]).__of__(users))
    return site


site = enter(app)  # noqa: F821 zconsole gives it
data = Path(os.environ["BENCH_DATA"])
queue_and_wait(site)
size = data.stat().st_size
jobs = [queue_and_wait(site) for _ in range(int(os.environ["BENCH_COUNT"]))]
grown = (data.stat().st_size - size) / len(jobs)
print(f"bytes={grown} jobs={b''.join(jobs).hex()} queueing={queueing_time(site, 500)}")
